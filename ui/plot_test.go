package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/client"
)

// columnsOf reads a plot's columns: a digit is a value, a blank is unknown, an x
// an outage.
func columnsOf(s string) []client.Column {
	var columns []client.Column
	for _, r := range s {
		switch r {
		case 'x':
			columns = append(columns, client.Column{Outage: true})
		case ' ':
			columns = append(columns, client.Column{})
		default:
			columns = append(columns, client.Column{Value: float64(r - '0'), Known: true})
		}
	}
	return columns
}

func testTheme(ascii bool) *theme { return newTheme(true, 0, ascii, false) }

func TestPlot(t *testing.T) {
	for _, c := range []struct {
		name, columns string
		threshold     client.Opt[float64]
		ascii         bool
		want          string
	}{
		{
			name: "a step", columns: "11113333333", want: `
    4┤
     ┤   ╭──────
    2┤   │
     ┤───╯
    0┤
`,
		},
		{
			name: "a gap and an outage", columns: "2222  22xx2222", want: `
    4┤       ░░
     ┤       ░░
    2┤───╴ ╶─╴░╶───
     ┤       ░░
    0┤       xx
`,
		},
		{
			name: "a threshold", columns: "11133111111", threshold: client.Some(2.0), want: `
    4┤
     ┤  ╭─╮
    2┤╌╌│╌│╌╌╌╌╌
     ┤──╯ ╰─────
    0┤
`,
		},
		{
			name: "ASCII", columns: "1133xx33111", threshold: client.Some(2.0), ascii: true, want: `
    4|   ::
     | /--:--\
    2|.|.::..|..
     |-/ ::  \--
    0|   xx
`,
		},
		{
			name: "nothing known", columns: "           ", want: `
    4┤
     ┤
    2┤
     ┤
    0┤
`,
		},
		{
			name: "only an outage", columns: "         xx", want: `
    4┤        ░░
     ┤        ░░
    2┤        ░░
     ┤        ░░
    0┤        xx
`,
		},
		{
			name: "the first answer", columns: "          2", want: `
    4┤
     ┤
    2┤         ╶
     ┤
    0┤
`,
		},
	} {
		columns := columnsOf(c.columns)
		lines := testTheme(c.ascii).plot(plot{columns: columns, threshold: c.threshold, steps: countSteps(), label: countLabel}, labelWidth+len(columns), 5)
		got := "\n"
		for _, line := range lines {
			got += strings.TrimRight(plainText(line), " ") + "\n"
		}
		if got != c.want {
			t.Errorf("%s: got%swant%s", c.name, got, c.want)
		}
	}
}

// The highest value is on the axis as it is, whatever the size.
func TestPlotScale(t *testing.T) {
	for _, high := range []float64{0, 0.3, 1, 7, 99, 100, 12345, 9e8, 1e15} {
		for rows := 1; rows < 30; rows++ {
			p := plot{columns: []client.Column{{Value: high, Known: true}}, steps: countSteps()}
			top, step := p.scale(rows)
			if top < high || step <= 0 || top != step*float64(rows) {
				t.Errorf("%v in %d rows: got top %v, step %v", high, rows, top, step)
			}
		}
	}
}

// A plot just covers its values. The line of the threshold is drawn where its value lies on a
// row, and not on another one.
func TestPlotScaleFollowsTheData(t *testing.T) {
	for _, c := range []struct {
		high, threshold float64
		rows            int
		step            float64
		drawn           bool
	}{
		{0, 6, 4, 1, false}, {1, 6, 4, 1, false}, {5, 6, 4, 2, true}, {11, 6, 4, 3, true}, {16, 6, 4, 4, false}, {33, 6, 4, 9, false},
		{33, 6, 6, 6, true}, {33, 6, 7, 6, true}, {64, 6, 7, 10, false}, {25, 6, 4, 7, false}, {16, 6, 8, 2, true}, {3, 20, 8, 1, false},
	} {
		p := plot{columns: []client.Column{{Known: true}, {Value: c.high, Known: true}}, steps: countSteps(), threshold: client.Some(c.threshold), label: countLabel}
		if _, step := p.scale(c.rows); step != c.step {
			t.Errorf("up to %v, threshold %v, %d rows: got step %v, want %v", c.high, c.threshold, c.rows, step, c.step)
		}
		text := plainText(strings.Join(testTheme(false).plot(p, 20, c.rows+1), "\n"))
		if drawn := strings.Contains(text, "╌"); drawn != c.drawn || p.drawsThreshold(c.rows) != c.drawn {
			t.Errorf("up to %v, threshold %v, %d rows: drawn %v, and said so %v, want %v\n%s", c.high, c.threshold, c.rows, drawn, p.drawsThreshold(c.rows), c.drawn, text)
		}
	}
}

func TestStretch(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"12345", 3, "345"}, {"123", 3, "123"}, {"12", 6, "111222"}, {"", 2, "  "}, {"1x", 4, "11xx"},
	} {
		got := stretch(columnsOf(c.in), c.n)
		want := columnsOf(c.want)
		for i := range want {
			if len(got) != len(want) || got[i] != want[i] {
				t.Errorf("%q to %d: got %v, want %v", c.in, c.n, got, want)
				break
			}
		}
	}
}

func TestSpark(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"0000", "▁▁▁▁"}, {"0369", "▁▃▅▇"}, {"1x 9", "▂x ▇"}, {"    ", "    "}, {"5", "▇"},
	} {
		if got := plainText(testTheme(false).spark(columnsOf(c.in), len(c.in))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		rate(2.34): "2.3", rate(9.96): "10", rate(1234.5): "1,235",
		countLabel(999): "999", countLabel(1500): "1.5k", countLabel(12_000): "12k", countLabel(3e6): "3M",
		secondLabel(0): "0", secondLabel(0.5): "0.5s", secondLabel(30): "30s", secondLabel(105): "1m45s", secondLabel(600): "10m", secondLabel(5400): "1h30m", secondLabel(7200): "2h",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	th := testTheme(false)
	for _, c := range []struct {
		first, w, n int
		want        string
	}{
		{20, 20, 3, "the quick brown fox|jumps over the lazy|dog"},
		{9, 20, 3, "the quick|brown fox jumps over|the lazy dog"},
		{10, 10, 2, "the quick|brown fox…"},
		{4, 4, 1, "the…"},
		{10, 10, 0, ""},
	} {
		if got := strings.Join(th.wrap("the quick brown fox jumps over the lazy dog", c.first, c.w, c.n), "|"); got != c.want {
			t.Errorf("%d, %d in %d: got %q, want %q", c.first, c.w, c.n, got, c.want)
		}
	}
}

// fakeHistorian is a Historian that notes since when it was asked.
type fakeHistorian struct {
	since []time.Time
	past  client.Past
	err   error
}

func (h *fakeHistorian) History(_ context.Context, since, _ time.Time, _ time.Duration) (client.Past, error) {
	h.since = append(h.since, since)
	return h.past, h.err
}

// What was not told of the past is asked for again after a while, from where it is missing.
func TestThePastIsAskedForAgain(t *testing.T) {
	h := &fakeHistorian{err: &client.Failure{Words: "timed out"}}
	r := newRig(t, Options{Historian: h})
	poll := func() {
		r.startPoll()
		s := sampleOf(0, 1, time.Second)
		s.At = r.at
		for _, msg := range run(r.send(pollMsg{tag: r.poll.tag, sample: s})) {
			r.send(msg)
		}
	}
	for range 20 { // 1 s apart
		poll()
	}
	if len(h.since) != 1 {
		t.Errorf("asked %d times in 20 s", len(h.since))
	}
	h.err = nil
	for range 20 {
		poll()
	}
	if len(h.since) != 2 || noon().Sub(h.since[1]) < 29*time.Minute {
		t.Errorf("asked since %v", h.since)
	}
	for range 60 {
		poll()
	}
	if len(h.since) != 2 {
		t.Errorf("asked again for what was told: %v", h.since)
	}
}

// What fails again and again is asked for more and more rarely; a server that keeps no history is
// asked once, and once more when it has restarted or is another build.
func TestThePastIsAskedForMoreRarely(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string // after how many seconds it is asked for
	}{
		{"timed out", context.DeadlineExceeded, "0 30 90 210 450 930"},
		{"not offered", client.ErrNotOffered, "0 700 760"},
	} {
		h := &fakeHistorian{err: &client.Failure{Words: "no", Err: c.err}}
		r := newRig(t, Options{Historian: h})
		first, started, version := time.Time{}, noon().Add(-time.Hour), "1.0"
		var asked []string
		for n := range 1000 { // polls, 1 s apart
			r.startPoll()
			switch n {
			case 0:
				first = r.at
			case 700:
				started = r.at
			case 750:
				version = "1.1"
			}
			s := sampleOf(0, 1, time.Second)
			s.At, s.Timestamp = r.at, client.Some(r.at)
			s.Detail.Uptime, s.Detail.Version = client.Some(client.Uptime(r.at.Sub(started))), client.Some(version)
			before := len(h.since)
			for _, msg := range run(r.send(pollMsg{tag: r.poll.tag, sample: s})) {
				r.send(msg)
			}
			if len(h.since) > before {
				asked = append(asked, fmt.Sprintf("%.0f", r.at.Sub(first).Seconds()))
			}
		}
		if got := strings.Join(asked, " "); got != c.want {
			t.Errorf("%s: asked after %s s, want %s", c.name, got, c.want)
		}
	}
}

// A monitor that opens has full plots at once, and asks again for what it has not heard.
func TestPastIsPlotted(t *testing.T) {
	begins := noon().Add(-10 * time.Minute)
	h := &fakeHistorian{past: client.Past{Since: client.Some(begins), Until: client.Some(noon()), Step: client.Some(5 * time.Second)}}
	for i := range 120 {
		h.past.Slices = append(h.past.Slices, client.Slice{
			At: client.Some(begins.Add(time.Duration(i) * 5 * time.Second)), Length: client.Some(5 * time.Second),
			Waiting: client.Some(8), Starts: client.Some[int64](1), Longest: client.Some(12 * time.Second), Median: client.Some(12 * time.Second),
		})
	}
	r := newRig(t, Options{Historian: h})
	r.startPoll()
	first := sampleOf(0, 1, time.Second)
	first.At = r.at
	asked := run(r.send(pollMsg{tag: r.poll.tag, sample: first}))
	for _, msg := range asked {
		r.send(msg)
	}
	if len(h.since) != 1 || noon().Sub(h.since[0]) < 30*time.Minute {
		t.Fatalf("asked since %v", h.since)
	}
	known := 0
	for _, c := range r.state().waitPoints(60) {
		if c.Known && c.Value >= 2 {
			known++
		}
	}
	if known != 60 {
		t.Errorf("%d of 60 columns are known", known)
	}
	for range 20 {
		r.answerPoll(sampleOf(1, 1, time.Second))
	}
	if len(h.since) != 1 {
		t.Errorf("asked %d times while polls were answered", len(h.since))
	}
	r.advance(2 * time.Minute)
	r.startPoll()
	late := sampleOf(30, 1, time.Second)
	late.At = r.at
	run(r.send(pollMsg{tag: r.poll.tag, sample: late}))
	if len(h.since) != 2 {
		t.Errorf("asked %d times after a silence", len(h.since))
	}
}
