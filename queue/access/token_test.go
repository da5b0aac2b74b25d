package access

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestSecretsAreLongRandomAndEasyToFind(t *testing.T) {
	form := regexp.MustCompile(`^pl_[0-9a-f]{64}$`)
	seen := map[string]bool{}
	for range 100 {
		secret, sum := newSecret()
		if !form.MatchString(secret) || len(secret) != secretLength || seen[secret] || !holdsSecret(secret) {
			t.Fatalf("got %q, want pl_ and 64 digits that never came before", secret)
		}
		seen[secret] = true
		l := tokenList{tokens: []Token{{Name: "a"}, {Name: "b", hash: sum}, {Name: "c"}}}
		if got := l.find(secret); got == nil || got.Name != "b" {
			t.Fatalf("find: got %v, want b", got)
		}
	}
}

// Every character counts: one that is another makes it nobody's.
func TestTokensThatDifferInOneCharacter(t *testing.T) {
	secret, sum := newSecret()
	l := tokenList{tokens: []Token{{Name: "team", hash: sum}}}
	for i := range len(secret) {
		for _, c := range "0f_P" {
			if try := secret[:i] + string(c) + secret[i+1:]; try != secret && l.find(try) != nil {
				t.Errorf("character %d as %c: got a token, want none", i, c)
			}
		}
	}
	almost := sum
	almost[len(almost)-1] ^= 1
	if (&tokenList{tokens: []Token{{Name: "team", hash: almost}}}).find(secret) != nil {
		t.Error("a hash that differs in its last bit: got a token, want none")
	}
	for _, try := range []string{"", "pl_", secret + "0", secret[1:], secret[:len(secret)-1], " " + secret, strings.ToUpper(secret)} {
		if l.find(try) != nil {
			t.Errorf("of %d bytes: got a token, want none", len(try))
		}
	}
	if (&tokenList{}).find(secret) != nil {
		t.Error("no tokens: got one")
	}
}

func TestWhatLooksLikeASecret(t *testing.T) {
	digits := strings.Repeat("0a", 16)
	for s, want := range map[string]bool{
		"pl_" + digits:                    true,
		"Bearer pl_" + digits + "zz":      true,
		"pl_pl_" + digits:                 true,
		"pl_" + digits[1:]:                false,
		"pl_" + digits[1:] + "g":          false,
		"sk-ant-api03-abcpl_x" + digits:   false,
		"":                                false,
		"pl_":                             false,
		digits:                            false,
		"pl_x pl_y pl_z pl_" + digits[:9]: false,
	} {
		if got := holdsSecret(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"a", "search-team", "ops.eu_1", "7", strings.Repeat("a", 64)} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: got %v, want none", name, err)
		}
	}
	for _, name := range []string{"", " ", "a b", "a/b", "a\n", "ä", "a\x1b", strings.Repeat("a", 65), "a:b"} {
		if err := CheckName(name); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v, want %v", name, err, ErrName)
		}
	}
}
