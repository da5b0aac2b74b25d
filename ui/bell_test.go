package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// A level is told once, until the queue has stood better for half a minute.
func TestBell(t *testing.T) {
	const healthy, warning, critical = standing(client.Healthy), standing(client.Warning), standing(client.Critical)
	type step struct {
		at   int // seconds
		now  standing
		ring bool
	}
	for name, steps := range map[string][]step{
		"it gets worse, step by step":             {{0, healthy, false}, {1, warning, true}, {2, warning, false}, {3, critical, true}, {4, critical, false}},
		"it gets better":                          {{0, healthy, false}, {1, critical, true}, {2, warning, false}, {3, healthy, false}},
		"bad from the beginning":                  {{0, critical, false}, {1, critical, false}},
		"worse than at the beginning":             {{0, warning, false}, {1, critical, true}},
		"it flaps":                                {{0, healthy, false}, {1, warning, true}, {2, healthy, false}, {20, warning, false}, {21, healthy, false}, {50, warning, false}},
		"better for long, and again":              {{0, healthy, false}, {1, warning, true}, {2, healthy, false}, {31, healthy, false}, {32, healthy, false}, {33, warning, true}},
		"no poll while it was better":             {{0, healthy, false}, {1, warning, true}, {2, healthy, false}, {31, warning, false}},
		"it flaps between bad and worse":          {{0, healthy, false}, {1, warning, true}, {2, critical, true}, {3, warning, false}, {12, critical, false}, {13, warning, false}, {43, warning, false}, {44, critical, true}},
		"nothing answers":                         {{0, healthy, false}, {1, unreachable, true}, {2, unreachable, false}, {3, healthy, false}, {9, unreachable, false}, {10, healthy, false}, {40, healthy, false}, {41, unreachable, true}},
		"bad when it answers again":               {{0, healthy, false}, {1, unreachable, true}, {2, critical, true}},
		"as bad as before, once it answers again": {{0, healthy, false}, {1, critical, true}, {2, unreachable, true}, {90, critical, false}},
		"unknown is not better":                   {{0, healthy, false}, {1, warning, true}, {2, healthy, false}, {3, unreachable, true}, {60, healthy, false}, {61, warning, false}},
		"away from the beginning":                 {{0, unreachable, false}, {1, healthy, false}, {2, warning, true}},
	} {
		var b bell
		for _, s := range steps {
			if got := b.see(s.now, noon().Add(time.Duration(s.at)*time.Second)); got != s.ring {
				t.Errorf("%s: after %d s, %v: got ring %v, want %v", name, s.at, s.now, got, s.ring)
			}
		}
	}
}

// rings returns what a command sends to the terminal itself.
func rings(cmd tea.Cmd) []string {
	var all []string
	for _, msg := range run(cmd) {
		if raw, ok := msg.(tea.RawMsg); ok {
			all = append(all, raw.Msg.(string))
		}
	}
	return all
}

// answers answers the next poll, and returns what is to be done then.
func (r *rig) answers(s client.Sample) tea.Cmd {
	r.startPoll()
	s.At = r.at
	return r.send(pollMsg{tag: r.poll.tag, sample: s})
}

func TestBellTellsTheHeadline(t *testing.T) {
	r := newRig(t, Options{Bell: true})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.press("p") // it is about the live figures
	bad := sampleOf(1, 26, 40*time.Second)
	want := []string{"\a\x1b]9;paceline queue.example:3000: critical: Very long wait times (26 waiting, last in 52 s, average 40 s)\a"}
	if got := rings(r.answers(bad)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := rings(r.answers(bad)); len(got) > 0 {
		t.Errorf("still critical: got %q, want silence", got)
	}
}

// What came over the network cannot end the message, nor begin another sequence.
func TestBellIsClean(t *testing.T) {
	r := newRig(t, Options{Bell: true})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.startPoll()
	got := rings(r.send(pollMsg{tag: r.poll.tag, failure: &client.Failure{Words: "refused\a\x1b]0;title\x1b\\ \u009d52;c;x\u009c"}}))
	want := []string{"\a\x1b]9;paceline queue.example:3000: unreachable: refused \a"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBellIsMuted(t *testing.T) {
	r := newRig(t, Options{Bell: true})
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.press("m")
	r.shows("muted")
	if got := rings(r.answers(sampleOf(1, 26, 40*time.Second))); len(got) > 0 {
		t.Errorf("got %q, want silence", got)
	}
	r.press("?")
	r.shows("unmute")
	r.press("?", "m")
	r.hides("muted")
}

// Without --bell nothing rings, and there is no key for it.
func TestNoBell(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	if got := rings(r.answers(sampleOf(1, 26, 40*time.Second))); len(got) > 0 {
		t.Errorf("got %q, want silence", got)
	}
	r.press("m")
	r.hides("muted")
	r.press("?")
	if strings.Contains(r.text(), "mute") {
		t.Error("the help tells of a bell")
	}
}
