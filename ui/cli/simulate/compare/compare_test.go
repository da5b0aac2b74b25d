package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/queue/replay"
	"paceline/ui/cli/command"

	"github.com/charmbracelet/x/ansi"
)

func TestChooseLoad(t *testing.T) {
	loads := []replay.Load{{Name: "light: 2 users"}, {Name: "heavy: 10 users"}, {Name: "heavy, all at once"}, {Name: "heavy"}, {Name: "5 at noon"}}
	for _, c := range []struct {
		said string
		want int
		err  string
	}{
		{said: "1", want: 1},
		{said: "5", want: 5},
		{said: "light", want: 1},
		{said: " AT ONCE ", want: 3},
		{said: "heavy", want: 4}, // a whole name, though others have it, too
		{said: "heavy:", want: 2},
		{said: "users", err: "--load is \"users\": several have it in their names, say which by its number:\n   1  light: 2 users\n   2  heavy: 10 users"},
		{said: "0", err: "must be one of these"}, // and not 10 users
		{said: "-1", err: "must be one of these"},
		{said: "6", err: "\n   5  5 at noon"},
		{said: "storm", err: "--load is \"storm\": must be one of these, by its number or by words of its name:\n   1  light: 2 users\n"},
		{said: " ", err: "must be one of these"},
	} {
		got, err := chooseLoad(c.said, loads)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%q: got load %d and %v, want %d", c.said, got, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%q: got load %d and %v, want an error with %q", c.said, got, err, c.err)
		}
	}
}

func TestATableFits(t *testing.T) {
	table := table{
		columns: []column{{title: "n"}, {title: "name", alignLeft: true, minWidth: 4}, {title: "none", emptyText: "-"}, {title: "b", dropOrder: 2}, {title: "much", dropOrder: 1, emptyText: "-"}},
		rows:    [][]cell{{{text: "1"}, {text: "a long name"}, {text: "-"}, {text: "22"}, {text: "-"}}, {{text: "10"}, {text: "short"}, {text: "-"}, {text: "3"}, {text: "4"}}},
	}
	for _, c := range []struct {
		width int
		want  string
	}{
		{99, " n  name          b  much\n 1  a long name  22     -\n10  short         3     4\n"},
		{25, " n  name          b  much\n 1  a long name  22     -\n10  short         3     4\n"},
		{24, " n  name         b  much\n 1  a long na…  22     -\n10  short        3     4\n"},
		{18, " n  name   b  much\n 1  a l…  22     -\n10  sho…   3     4\n"},
		{17, " n  name        b\n 1  a long n…  22\n10  short       3\n"},
		{11, " n  name\n 1  a long…\n10  short\n"},
		{6, " n  n…\n 1  a…\n10  s…\n"},
	} {
		p := page{styles: newStyles(false), width: c.width}
		p.writeTable(table)
		if got := ansi.Strip(p.String()); got != c.want {
			t.Errorf("in %d cells got\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
}

// What is shown is as wide as it may be, and tells the same in ASCII.
func TestAComparisonFitsTheTerminal(t *testing.T) {
	var all []comparison
	for i, l := range replay.Loads() {
		if testing.Short() && i%5 != 0 { // the first, the sixth and the longest
			continue
		}
		all = append(all, comparison{number: i + 1, load: l})
	}
	if err := compareAll(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{40, 60, 80, 120} {
		for _, ascii := range []bool{false, true} {
			p := page{styles: newStyles(ascii), width: width}
			p.writeList(all)
			for _, c := range all {
				p.writeLoad(c)
			}
			text := ansi.Strip(p.String())
			for line := range strings.Lines(text) {
				if got := ansi.StringWidth(strings.TrimSuffix(line, "\n")); got > width {
					t.Errorf("%d cells, want %d at most: %q", got, width, line)
				}
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return r > '~' }); ascii && i >= 0 {
				t.Errorf("%q is not ASCII", text[i:i+20])
			}
			for _, word := range []string{"adaptive", "oracle", "11. a day of 50 users", "mean"} {
				if !strings.Contains(text, word) {
					t.Errorf("in %d cells %q is missing", width, word)
				}
			}
		}
	}
}

// What is explained below a table is what stands in it.
func TestOnlyPrintedColumnsAreExplained(t *testing.T) {
	one := []comparison{{number: 1, load: replay.Loads()[0]}}
	if err := compareAll(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{40, 60, 80, 120} {
		p := page{styles: newStyles(false), width: width}
		p.writePaces(one[0])
		head, _, _ := strings.Cut(ansi.Strip(p.String()), "\n")
		p.Line("")
		p.writeFootnote()
		text := strings.Join(strings.Fields(ansi.Strip(p.String())), " ")
		for _, title := range []string{"at door", "mean", "last", "waiting", "fair"} {
			if shown, explained := strings.Contains(head, title), strings.Contains(text, title+": "); shown != explained {
				t.Errorf("in %d cells: %q is shown: %v, explained: %v", width, title, shown, explained)
			}
		}
	}
}

// The marks tell the paces apart without colours.
func TestEachPaceHasALetterOfItsOwn(t *testing.T) {
	seen := map[rune]string{}
	for _, p := range replay.Paces() {
		letter := newStyles(true).mark(p.Name).letter
		if other := seen[letter]; other != "" {
			t.Errorf("%s and %s have both the letter %c", other, p.Name, letter)
		}
		seen[letter] = p.Name
	}
}

// answeredAt returns the row of a pace whose answers come at these seconds.
func answeredAt(pace string, failures int, seconds ...float64) replay.Row {
	f := &replay.Result{Failures: failures}
	for _, s := range seconds {
		at := time.Duration(s * float64(time.Second))
		f.Answers = append(f.Answers, replay.Answer{At: at, Latency: at})
	}
	return replay.Row{Pace: pace, Result: f}
}

func TestAPictureOfAComparison(t *testing.T) {
	rows := []replay.Row{
		answeredAt(replay.NoQueue, 2, 1, 1),
		answeredAt(replay.Spaced, 0, 2, 8, 14, 20),
		answeredAt(replay.Adaptive, 0, 1, 1, 3, 6),
		answeredAt(replay.Oracle, 0, 1, 1, 3, 6),
	}
	p := page{styles: newStyles(false), width: 46}
	p.writePicture(comparison{rows: rows})
	want := `
answers over time; a letter is a pace, see
below
    4┤                             ╭╌╌╌╌A╌╌o╌╌
     ┤                             │
     ┤                             │
     ┤                             │
    3┤              ╭──────A──o────╯
     ┤              │
     ┤              │
     ┤              │
    2┤    ╭───A──o──╯n╌╌╌╌╌╌╌╌╌╌╌╌n╌╌╌╌╌╌╌╌╌╭─
     ┤    │                                 │
     ┤    │                                 │
     ┤    │                                 │
    1┤    │    ╭────────s────────────s──────╯
     ┤    │    │
     ┤    │    │
     ┤    │    │
    0┤────╯────╯
      0       2 s       4 s       6 s      8 s
beyond the picture: s until 20 s
`
	if got := trimLines(ansi.Strip(p.String())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func trimLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		fmt.Fprintln(&b, strings.TrimRight(line, " \n"))
	}
	return b.String()
}

func TestTheAxesOfAPictureAreRound(t *testing.T) {
	for most, want := range map[int]float64{0: 4, 1: 4, 4: 4, 5: 8, 15: 16, 20: 20, 80: 80, 190: 200, 232: 240, 1500: 1600, 4425: 4800} {
		if got := roundCount(most); got != want {
			t.Errorf("%d answers: the axis ends at %v, want %v", most, got, want)
		}
	}
	for least, want := range map[time.Duration]time.Duration{
		0: 2 * time.Second, 3600 * time.Millisecond: 4 * time.Second, 45 * time.Second: time.Minute, 61 * time.Second: 2 * time.Minute,
		871 * time.Second: 16 * time.Minute, 2 * time.Hour: 2 * time.Hour, 9 * time.Hour: 12 * time.Hour, 12 * time.Hour: 12 * time.Hour,
	} {
		if got := roundDuration(least); got != want {
			t.Errorf("at least %v: got %v, want %v", least, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0", 500 * time.Millisecond: "500 ms", 90 * time.Second: "90 s", 4 * time.Minute: "4 min", 90 * time.Minute: "90 min", 2 * time.Hour: "2 h"} {
		if got := formatTick(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

// As Markdown they are the tables that the benchmark prints.
func TestTheMarkdownOfAComparison(t *testing.T) {
	all := []comparison{
		{1, replay.Load{Name: "one"}, []replay.Row{answeredAt(replay.Adaptive, 0, 1)}},
		{2, replay.Load{Name: "two"}, []replay.Row{answeredAt(replay.NoQueue, 3)}},
	}
	var out bytes.Buffer
	a := &command.App{Streams: command.Streams{Out: &out}}
	if err := writeAll(a, flags{markdown: true}, all); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), replay.Table(&all[0].load, all[0].rows)+"\n"+replay.Table(&all[1].load, all[1].rows); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What a program reads has everything the tables have.
func TestTheJSONOfAComparison(t *testing.T) {
	var all []comparison
	for _, n := range []int{1, 6} {
		l := replay.Loads()[n-1]
		rows, err := replay.Compare(t.Context(), &l)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, comparison{n, l, rows})
	}
	all[0].rows[0].Result = &replay.Result{Failures: 4}
	var out bytes.Buffer
	if err := printJSON(&out, all); err != nil {
		t.Fatal(err)
	}
	var got comparisonsJSON
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil || len(got.Loads) != 2 {
		t.Fatalf("got %d loads and %v", len(got.Loads), err)
	}
	if p := got.Loads[0].Paces[0]; p.Took != nil || p.Waits != nil || p.Fairness != nil || p.Failed != 4 || p.Held == nil {
		t.Errorf("without answers got %+v, want no times", p)
	}
	for _, p := range got.Loads[1].Paces {
		r := all[1].underPace(p.Name)
		q := r.WaitQuantiles(0.5, 0.99)
		if p.Took.MeanMs != command.Millis(r.MeanLatency()) || p.Took.MaxMs != command.Millis(r.MaxLatency()) || p.Waits.MeanMs != command.Millis(r.MeanWait()) ||
			p.Waits.P50Ms != command.Millis(q[0]) || p.Waits.P99Ms != command.Millis(q[1]) || p.Waits.P50Ms > p.Waits.P95Ms || p.Waits.P95Ms > p.Waits.P99Ms ||
			p.Answered != len(r.Answers) || p.Failed != r.Failures || p.Refused != r.Refused || p.RateLimited != r.RateLimited || p.Foreseeable != r.Foreseeable || p.PerMinute != r.Throughput() {
			t.Errorf("%s: got %+v", p.Name, p)
		}
		if fairness, ok := r.Fairness(); ok != (p.Fairness != nil) || ok && fairness != *p.Fairness {
			t.Errorf("%s: got the fairness %v, want %v (%t)", p.Name, p.Fairness, fairness, ok)
		}
		if ours := p.Name == replay.Spaced || strings.HasPrefix(p.Name, replay.Adaptive); ours != (len(p.Held) > 0) {
			t.Errorf("%s: got what was waited for as %v", p.Name, p.Held)
		}
	}
}

// Time goes on a little longer than those need that keep to the limits, and what
// failed counts for the height. Lines that run together are the adaptive one.
func TestThePictureShowsWhatMatters(t *testing.T) {
	d := newPicture([]replay.Row{
		answeredAt(replay.NoQueue, 76, 1, 1, 1, 1),
		answeredAt(replay.PublishedSpacing, 0, 500),
		answeredAt(replay.Adaptive, 0, 5, 7),
		answeredAt(replay.Oracle, 0, 5, 7),
	}, newStyles(false), 50)
	if d.length != 12*time.Second || d.maxAnswers != 80 {
		t.Errorf("got a picture of %v and %v answers, want 12 s and 80", d.length, d.maxAnswers)
	}
	want := newStyles(false).mark(replay.Adaptive).style.GetForeground()
	if got := d.draw()[pictureHeight][45].style.GetForeground(); got != want {
		t.Errorf("got the colour %v at the right, want %v", got, want)
	}
}
