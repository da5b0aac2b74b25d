package client

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"user_123", "user_123"},
		{"Jürgen 🚀 日本語", "Jürgen 🚀 日本語"},
		{"a\tb\nc\r\nd", "a b c  d"},
		{"a\x00b\x07c\x7fd", "abcd"},
		{"\x1b[31mred\x1b[0m", "red"},
		{"\x1b[?1049h\x1b[2Jwiped", "wiped"},
		{"\x1b]0;title\x07x", "x"},
		{"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"\x1bP1$r0m\x1b\\x", "x"},
		{"\x1b(Bx\x1b=y\x1bMz", "xyz"},
		{"\x1b", ""},
		{"a\x1b[", "a"},
		{"a\x1b[12;", "a"},
		{"a\x1b]0;never ends", "a"},
		{"\u009b31mred", "red"},
		{"\u009d0;title\u009cx", "x"},
		{"a\u0085b", "a b"},
		{"\x1b[3\x1b[31mx", "x"},
		{"\x1b\x1b[31mx", "x"},
		{"abc\u202egnp.exe", "abcgnp.exe"},
		{"\u2066a\u2069\u200e\u200f\u061c", "a"},
		{"a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg", "abcdefg"},
		{"⏱\ufe0f 5", "⏱ 5"},
		{"a\u2028b\u00a0c\u3000d", "a b c d"},
		{"a\xffb\xc3(", "ab("},
		{"a\ufffdb", "ab"},
		{"\U000e0041\U000f0000x\u3164\u115f\u034f", "x"},
		{"e\u0301", "e\u0301"},
		{"z" + strings.Repeat("\u0301", 50) + "y", "z\u0301\u0301\u0301y"},
		{strings.Repeat("x", maxText), strings.Repeat("x", maxText)},
		{strings.Repeat("x", maxText+1), strings.Repeat("x", maxText-1) + "…"},
		{strings.Repeat("ä", maxText+9), strings.Repeat("ä", maxText-1) + "…"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("Clean(%+.60q): got %+.60q, want %+.60q", c.in, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "user_123", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07", "a\u202eb", "⏱\ufe0f", "\xff", "z\u0301\u0301\u0301", "\u009b1m", strings.Repeat("ä", 600)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxText {
			t.Errorf("Clean(%q) is invalid or too long: %q", s, got)
		}
		for _, r := range got {
			if _, ok := printableRune(r); !ok || r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Errorf("Clean(%q) lets %U through", s, r)
			}
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean twice: got %q, then %q", got, again)
		}
	})
}
