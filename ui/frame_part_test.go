package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Rows that a key has changed come first, then the verdict, then the others in turn; parts
// add up to the picture.
func TestFramePartsInOrder(t *testing.T) {
	rows := func(s string) string { return strings.Join(strings.Split(s, ""), "\n") }
	var f frameParts
	shown, wanted := rows("abcdefgh"), rows("ABCDEFGH")
	f.urge(rows("abcdefgh"), "\x1b[ma\nb\nc\nd\ne\nf\nG\nh", 1)
	limit := 2 * drawCost("a", "A", 1)
	var transcript []string
	for whole := false; !whole; {
		shown, whole = f.renew(shown, wanted, 1, limit)
		transcript = append(transcript, strings.ReplaceAll(shown, "\n", ""))
	}
	if got, want := strings.Join(transcript, " "), "AbcdefGh ABCdefGh ABCDEfGh ABCDEFGH"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	shown, _ = f.renew(rows("abcdefgh"), wanted, 1, 5*drawCost("a", "A", 1))
	if got := strings.ReplaceAll(shown, "\n", ""); got != "ABCDeFgh" && got != "ABCDefgH" && got != "ABCDEfgh" {
		t.Errorf("got %s, want the verdict's rows first", got)
	}
}

func TestFramePartIsOneRowAtLeast(t *testing.T) {
	var f frameParts
	long := strings.Repeat("x", 80)
	if got, whole := f.renew("a\nb", long+"\n"+long, 80, 10); got != long+"\nb" || whole {
		t.Errorf("got %q, whole: %v, want the first row", got, whole)
	}
}

// What a row costs is about what the renderer writes.
func TestDrawCost(t *testing.T) {
	red := "\x1b[31m"
	for name, c := range map[string]struct {
		from, to string
		want     int
	}{
		"the same":                    {"abc", "abc", 0},
		"one cell":                    {"abc", "axc", 9},
		"all between two that differ": {"abcd", "xbcy", 12},
		"a style":                     {"abc", "a" + red + "x\x1b[mc", 8 + len(red) + 1 + len("\x1b[m")},
		"styled alike":                {red + "abc\x1b[m", red + "abc\x1b[m", 0},
		"to blanks":                   {strings.Repeat("x", 60), "", 18},
	} {
		if got := drawCost(c.from, c.to, 60); got != c.want {
			t.Errorf("%s: got %d bytes, want %d", name, got, c.want)
		}
	}
}

// A resize has the terminal draw everything anew: on a slow line that begins empty.
func TestResizeOnASlowLineBeginsEmpty(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.link = &link{answers: true, slow: true}
	r.View()
	r.link.frame = false
	r.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	if got := strings.TrimSpace(strings.Join(r.lines()[headRows+8:], "")); got != "" {
		t.Errorf("got %q, want nothing below the first rows", got)
	}
	for range 20 {
		r.link.frame = false // it was written, and shown
		r.View()
	}
	if got, want := r.View().Content, r.frame(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A row with a wide cell costs its bytes with every frame: it goes first, and what it costs
// while it stands is not there for others.
func TestFramePartCountsWideRows(t *testing.T) {
	var f frameParts
	wide := "⚡ " + strings.Repeat("x", 20)
	row := strings.Repeat("y", 40)
	shown := strings.Join([]string{"a", "b", "c", "d", wide, wide, ""}, "\n")
	limit := drawCost("", row, 60) + 2*drawCost(wide, wide+"!", 60)
	got, _ := f.renew(shown, strings.Join([]string{"a", "b", "c", "d", "x", wide, row}, "\n"), 60, limit)
	if want := strings.Join([]string{"a", "b", "c", "d", "x", wide, row}, "\n"); got != want {
		t.Errorf("got %q, want the wide row replaced, and what fits with the other one", got)
	}
	got, whole := f.renew(shown, strings.Join([]string{"a", "b", "c", "D", wide, wide, row}, "\n"), 60, limit)
	if want := strings.Join([]string{"a", "b", "c", "D", wide, wide, ""}, "\n"); got != want || whole {
		t.Errorf("got %q, want what fits beside two wide rows", got)
	}
}
