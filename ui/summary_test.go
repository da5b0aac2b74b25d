package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// summaryLines are what the summary says, without the counters.
func (r *rig) summaryLines() string {
	var lines []string
	for line := range strings.Lines(r.state().summary()) {
		if !strings.HasPrefix(line, "- counters:") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestSummary(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(9, 13, 12*time.Second)
	s.Detail.Users[0].Name = client.NameOf("a|b *c* `d` <e>")
	s.Detail.Events = []client.Event{
		{At: noon(), Kind: queue.KindStarted, Text: "Processing request for x"},
		{At: noon(), Kind: queue.KindFailed, Text: "Request failed for x_y: overloaded"},
	}
	r.answerPoll(s)
	want := strings.TrimPrefix(`
### paceline queue.example:3000, 23 November 2026 14:00:00 UTC

**WARNING**: Queue is backing up (13 requests waiting) (since 13:58:00)

- who: oldest 25 s, user\_123, and 3 others wait
- why: 24 arrive a minute, 24 start
- do: Consider upgrading API tier or implementing additional rate limiting
- also: the endpoint says healthy: Queue is processing normally
- success: recent 95.0%, overall 95.7%

| user | waiting | oldest |
|---|--:|--:|
| a\|b \*c\* \'d\' \<e\> | 4 | 25 s |
| user\_7 | 3 | 23 s |
| anna@example.org | 3 | 21 s |
| 界面测试用户 | 3 | 19 s |

Troubles, the newest first:

- 14:00:00 ❌ Request failed for x\_y: overloaded
`, "\n")
	want = strings.ReplaceAll(want, "'", "`")
	if got := r.summaryLines(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// It is of what is shown: of the moment that is frozen.
func TestSummaryOfAFrozenScreen(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.press("p")
	r.answerPoll(sampleOf(1, 2, time.Second))
	if got := r.state().summary(); !strings.Contains(got, "- counters: waiting 1,") || !strings.Contains(got, "14:00:00") {
		t.Errorf("got %s, want that of the frozen moment", got)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	r := newRig(t, Options{})
	r.failPoll("connection refused", "is it running?")
	want := "### paceline queue.example:3000, 23 November 2026 14:00:00 UTC\n\n**UNREACHABLE**: connection refused\n\n- do: Is it running?\n"
	if got := r.state().summary(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCopyInEveryView(t *testing.T) {
	r := newRig(t, Options{Tuner: &fakeTuner{}})
	r.tune(1, someSettings())
	for _, v := range r.views {
		r.current = v.view
		copied := false
		for _, msg := range run(r.press("Y")) {
			copied = copied || msg == tea.SetClipboard(r.state().summary())()
		}
		if !copied {
			t.Errorf("%s: not copied", v.key.Help().Desc)
		}
		r.shows("summary copied (your terminal may not allow it)")
	}
}

// A summary of a moment in the past says when that was.
func TestSummaryOfThePast(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("[")
	text := r.state().summary()
	for _, want := range []string{"23 November 2026 13:46:55 UTC", " in that minute\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}
