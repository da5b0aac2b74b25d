package ui

import (
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// The plot of the effect has what the history has, before the monitor was opened.
func TestTheEffectHasThePast(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	r.answerPoll(incident(0))
	r.send(pastMsg{past: anEarlierIncident()})
	effect := strings.Join(settingsEffectPane{tuner: &tuner{}}.view(r.state(), 100, 14), "")
	if !strings.Contains(effect, "╯") {
		t.Errorf("no line in %s", effect)
	}
}

func TestEffect(t *testing.T) {
	set := func(change func(*queue.Settings)) client.Settings {
		s := queue.DefaultSettings()
		change(&s)
		return client.SettingsOf(s)
	}
	for _, c := range []struct {
		name    string
		waiting int
		change  func(*client.Detail)
		want    string
	}{
		{"published", 5, func(*client.Detail) {}, "with 5 waiting: 2.5 s between starts, 24 a minute"},
		{"nobody", 0, func(*client.Detail) {}, "with 0 waiting: 1.5 s between starts, 40 a minute"},
		{"longest", 43, func(*client.Detail) {}, "with 43 waiting: 10 s between starts, 6.0 a minute"},
		{"beyond", 1 << 60, func(*client.Detail) {}, "waiting: 10 s between starts, 6.0 a minute"},
		{"in backoff", 5, func(d *client.Detail) { d.InBackoff = client.Some(2) }, "with 3 waiting: 2.1 s between starts"},
		{"lanes", 5, func(d *client.Detail) {
			d.Lanes = []client.Lane{{Waiting: client.Some(1)}, {Name: "b", Waiting: client.Some(4), InBackoff: client.Some(1)}}
		}, "with 3 waiting in the longest lane: 2.1 s between starts"},
		{"adaptive", 5, func(d *client.Detail) {
			d.Lanes = []client.Lane{{Waiting: client.Some(5), Pace: client.Some("adaptive")}}
		}, "the API's limits decide the pace;"},
		{"none", 5, func(d *client.Detail) {
			d.Settings = set(func(s *queue.Settings) { s.MinDelay, s.Step = 0, 0 })
		}, "no spacing, each starts at once"},
		{"fixed", 5, func(d *client.Detail) { d.Settings = set(func(s *queue.Settings) { s.Step = 0 }) }, "1.5 s between starts, 40 a minute"},
	} {
		s := sampleOf(0, c.waiting, time.Second)
		c.change(s.Detail)
		st := &state{snapshot: snapshot{known: true, sample: s}, theme: newRig(t, Options{}).theme}
		if got := st.spacingWords(st.detail().QueueSettings()); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	older := sampleOf(0, 5, time.Second)
	older.Detail.Settings = client.Settings{"minDelayMs": 1500, "maxQueue": 1000}
	st := &state{snapshot: snapshot{known: true, sample: older}, theme: newRig(t, Options{}).theme}
	if now, other := st.spacingWords(st.detail().QueueSettings()), st.ruleWords(st.detail().QueueSettings()); now != st.theme.dash || other != st.theme.dash {
		t.Errorf("a server that tells half of the spacing: got %q and %q, want neither", now, other)
	}
	r, _ := newTuned(t, nil)
	r.shows("0 waiting: 1.5 s · 5 waiting: 2.5 s · 20 waiting: 5.5 s · 50 waiting: 10 s", "oldest", "next in", "all in", "p95 of 1 min", "warning at 6 waiting")
	r.answerPoll(sampleOf(1, 12, time.Second))
	r.shows("with 12 waiting: 3.9 s between starts, 15 a minute")
}

// What is prepared is computed on the line as it is now, and looks computed.
func TestForecast(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		waiting    int
		change     func(*client.Detail)
		want       string
	}{
		{"pace", "right", 5, nil, "≈ prepared: 2.6 s between starts, 23 a minute; last start ≈9.0 s, now ≈8.6 s"}, // 0.64 + 4×1.6 + (4+3+2+1)×0.2
		{"one waits", "right", 1, nil, "≈ prepared: 1.8 s between starts, 33 a minute "},
		{"adaptive", "right", 5, func(d *client.Detail) {
			d.Lanes = []client.Lane{{Waiting: client.Some(5), Pace: client.Some("adaptive")}}
		}, "≈ prepared: no effect while the API's limits decide the pace"},
		{"a threshold", "end up up up up up up v 4 enter", 5, func(d *client.Detail) { d.EmptyIn = client.Some(9 * time.Second) }, "≈ prepared: the line would be warning (now healthy)"},
		{"one that changes nothing", "end up up up up up up v 7 enter", 5, nil, "≈ prepared: the line stays healthy"},
		{"another", "down down down right", 5, nil, "≈ prepared: nothing is computed for maxInFlight"},
		{"two", "right down down down right", 1, nil, "33 a minute; nothing is computed for maxInFlight"},
		{"as many as there can be", "right", 1 << 60, nil, "10 s between starts, 6.0 a minute "},
	} {
		r := newRig(t, Options{Tuner: &fakeTuner{}})
		s := sampleOf(0, c.waiting, time.Second)
		if c.change != nil {
			c.change(s.Detail)
		}
		r.answerPoll(s)
		r.typeKeys("s " + c.keys)
		if text := r.text(); !strings.Contains(text, c.want) {
			t.Errorf("%s: the screen does not say %q:\n%s", c.name, c.want, text)
		}
		r.typeKeys("esc")
		r.hides("≈ prepared")
	}
}
