package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/client"
)

// Every page says at every size how bad it is, who waits and how many, the oldest and since
// when, and what to do.
func TestEveryPageSaysWhoAndWhatToDo(t *testing.T) {
	sizes := [][2]int{{120, 36}, {80, 24}, {60, 20}, {50, 15}, {40, 10}}
	for _, c := range []struct {
		name   string
		last   client.Sample
		says   []string
		do, in string // what to do, and how it begins where there are few cells
	}{
		{"a flood", incident(60), []string{"✖ CRITICAL", "alice@", " 21", "oldest 57 s", "14:01"}, "cancel the 21 of alice@example.com", "cancel these 21"},
		{"a busy hour", overAccount(sampleOf(60, 26, 9600*time.Millisecond)), []string{"✖ CRITICAL", "26 wait", "user_123", "49 s", "13:58"}, "Upgrade API tier", "Upgrade API tier"},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		r.settings.tuner = newTuner(&fakeTuner{})
		for i := range 60 {
			r.answerPoll(incident(i))
		}
		r.answerPoll(c.last)
		for _, size := range sizes {
			r.size(size[0], size[1])
			for _, v := range r.views {
				if v.view == r.home || !v.available(*r.live.sample.Detail) {
					continue
				}
				r.press(v.key.Keys()[0])
				rows := r.lines()[1 : 1+pageBannerRows(size[0], size[1])]
				head, do := strings.Join(strings.Fields(strings.Join(rows, " ")), " "), c.do
				head = strings.Replace(head, "do c ", "do ", 1) // the key for it, in the users
				head = strings.Replace(head, "57s", "57 s", 1)  // in few cells
				if size[0] < smallWidth && !strings.Contains(head, do) {
					do = c.in
				}
				for _, want := range append(c.says, "do "+do) {
					if !strings.Contains(head, want) {
						t.Errorf("%s, %v, %s: the head does not say %q:\n%s", c.name, size, v.key.Help().Desc, want, head)
					}
				}
				r.press("esc")
			}
		}
	}
}

// A sentence that is too long ends with a clause, or with a word.
func TestSentencesAreShortenedByTheClause(t *testing.T) {
	th := newRig(t, Options{}).theme
	const published = "Upgrade API tier, prioritize requests (by user, or by key), or add response caching"
	for _, c := range []struct {
		text string
		w    int
		want string
	}{
		{published, 100, published},
		{published, 82, "Upgrade API tier, prioritize requests (by user, or by key)"},
		{published, 45, "Upgrade API tier"},
		{published, 16, "Upgrade API tier"},
		{published, 15, "Upgrade API …"},
		{"Consider upgrading API tier or implementing additional rate limiting", 40, "Consider upgrading API tier"},
		{"Raise to Build tier: ≈31 s → 4.1 s", 30, "Raise to Build tier"},
		{"Unbreakablewordwithoutend", 10, "Unbreakab…"},
	} {
		if got := th.shorten(c.text, c.w); got != c.want || width(got) > c.w {
			t.Errorf("%q in %d: got %q, want %q", c.text, c.w, got, c.want)
		}
	}
	if got := fmt.Sprint(th.wrap("Queue is processing normally", 22, 22, 1)); got != "[Queue is processing …]" {
		t.Errorf("a row that is too long: got %q", got)
	}
}
