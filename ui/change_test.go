package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"paceline/client"
)

func nobody(context.Context, Change) error { return nil }

// One change at a time is told; of those that come in between the latest.
func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		steps []string // a level; or "done": the change was told
		want  []string
	}{
		"the first is none":           {[]string{"critical", "critical"}, nil},
		"worse and better":            {[]string{"healthy", "critical", "done", "critical", "healthy", "done"}, []string{"healthy>critical", "critical>healthy"}},
		"the latest waits":            {[]string{"healthy", "warning", "critical", "unreachable", "done", "done"}, []string{"healthy>warning", "warning>unreachable"}},
		"it is as was told":           {[]string{"healthy", "warning", "healthy", "warning", "done", "healthy"}, []string{"healthy>warning", "warning>healthy"}},
		"one after the other is done": {[]string{"healthy", "warning", "healthy", "done", "warning", "done", "done"}, []string{"healthy>warning", "warning>healthy", "healthy>warning"}},
	} {
		told := changes{tell: nobody}
		var got []string
		note := func(c *Change) {
			if c != nil {
				got = append(got, c.Before+">"+c.Level)
			}
		}
		for _, step := range c.steps {
			if step == "done" {
				next, _ := told.done(nil)
				note(next)
				continue
			}
			note(told.see(Change{Level: step}))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestOnChange(t *testing.T) {
	var told []Change
	r := newRig(t, Options{OnChange: func(_ context.Context, c Change) error {
		told = append(told, c)
		return errors.New("--on-change: exit status 3")
	}})
	r.answerPoll(sampleOf(0, 1, time.Second))
	for i := range 2 {
		for _, msg := range run(r.answers([]client.Sample{sampleOf(1, 26, 40*time.Second), sampleOf(2, 1, time.Second)}[i])) {
			if msg, ok := msg.(changeToldMsg); ok {
				r.send(msg)
			}
		}
		if i == 0 {
			r.shows("--on-change: exit status 3")
			r.advance(noticeTime)
			r.send(noticeOverMsg{r.notice.tag})
		}
		r.hides(map[bool]string{true: "exit status 3", false: "no such words"}[i == 1]) // it is said once
	}
	if len(told) != 2 {
		t.Fatalf("got %v, want two changes", told)
	}
	first := told[0]
	if got, want := fmt.Sprintf("%s %s %s %s", first.Before, first.Level, first.Address, first.Message), "healthy critical queue.example:3000 Very long wait times (26 waiting, last in 52 s, average 40 s)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !first.Since.Equal(noon().Add(-2 * time.Minute)) {
		t.Errorf("since %v, want as the endpoint tells", first.Since)
	}
}
