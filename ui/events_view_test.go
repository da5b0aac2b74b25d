package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// dayHistorian is a Historian that tells the same past each time, and counts.
type dayHistorian struct {
	past  client.Past
	err   error
	asked int
}

func (h *dayHistorian) History(_ context.Context, since, until time.Time, step time.Duration) (client.Past, error) {
	h.asked++
	var p client.Past
	for _, e := range h.past.Troubles {
		if !e.At.Before(since) && (until.IsZero() || e.At.Before(until)) {
			p.Troubles = append(p.Troubles, e)
		}
	}
	for _, s := range h.past.Slices {
		if at := s.At.Value; !at.Before(since) && (until.IsZero() || at.Before(until)) && step == time.Minute {
			p.Slices = append(p.Slices, s)
		}
	}
	return p, h.err
}

// aDay is a past with troubles before noon of the tests: one of the evening before, a few at
// 13:02, and how many requests there were in each minute from 13:00 on.
func aDay() client.Past {
	var p client.Past
	add := func(before time.Duration, kind queue.Kind, user string, class queue.ClassName, text string) {
		p.Troubles = append(p.Troubles, client.Event{At: noon().Add(-before), Kind: kind, User: user, Class: class, Text: text})
	}
	add(19*time.Hour, queue.KindDraining, "", "", "Draining, no new requests")
	add(58*time.Minute-29*time.Second, queue.KindPaused, "", "rate limited", "Paused by the API for 1 s: 429: output tokens")
	add(58*time.Minute-40*time.Second, queue.KindFailed, "anna", "network", "Request failed for anna: connection refused")
	add(58*time.Minute-41*time.Second, queue.KindFailed, "anna", "network", "Request failed for anna: connection refused")
	add(20*time.Minute, queue.KindSettings, "", "", "minDelay 1.5 s → 1.6 s, by ops")
	for i := range 60 {
		p.Slices = append(p.Slices, client.Slice{
			At: client.Some(noon().Add(time.Duration(i-60) * time.Minute)), Length: client.Some(time.Minute),
			Arrivals: client.Some(int64(20 + i%5)), Successful: client.Some(int64(19 + i%5)),
		})
	}
	return p
}

// showEvents watches a queue, and opens the events with the past of a day.
func (r *rig) showEvents(past client.Past) {
	r.watch(40, 3, 2400*time.Millisecond)
	r.events.book.historian = &dayHistorian{past: past}
	for _, msg := range run(r.press("e")) {
		r.send(msg)
	}
}

// typeText types a text key by key.
func (r *rig) typeText(text string) {
	for _, c := range text {
		r.press(string(c))
	}
}

// The past is asked for when the view is opened, and again after the connection was lost; and
// no event is listed twice.
func TestEventsAskForThePast(t *testing.T) {
	h := &dayHistorian{past: aDay()}
	r := newRig(t, Options{Historian: h})
	r.watch(40, 3, 2400*time.Millisecond)
	if h.asked != 0 {
		t.Error("asked before anybody looks")
	}
	for _, msg := range run(r.press("e")) {
		r.send(msg)
	}
	rows := len(r.events.list.rows)
	r.press("esc")
	run(r.press("e"))
	r.answerPoll(sampleOf(40, 3, 2400*time.Millisecond))
	if h.asked != 2 { // two halves of a day
		t.Errorf("asked %d times, want 2", h.asked)
	}
	r.failPoll("connection refused", "")
	r.startPoll()
	r.at = r.at.Add(time.Second)
	msgs := run(r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(41, 3, 2400*time.Millisecond)}))
	for _, msg := range msgs {
		r.send(msg)
	}
	if h.asked != 4 {
		t.Errorf("after a reconnect: asked %d times, want 4", h.asked)
	}
	times := map[string]int{}
	for _, e := range r.events.book.troubles {
		times[e.At.Format(time.RFC3339Nano)+string(e.Kind)+e.Text]++
	}
	for e, n := range times {
		if n > 1 {
			t.Errorf("%s is listed %d times", e, n)
		}
	}
	if got := len(r.events.list.rows); got < rows {
		t.Errorf("got %d rows after the reconnect, want at least %d", got, rows)
	}
	r.press("g")
	r.shows("19:00:00", "Draining")
}

// Where the past cannot be told, the list says so, and asks again when it is opened anew
// after a reconnect.
func TestEventsWithoutAPast(t *testing.T) {
	r := newRig(t, Options{Historian: &dayHistorian{err: &client.Failure{Words: "this server keeps no history"}}})
	r.watch(5, 3, 2400*time.Millisecond)
	for _, msg := range run(r.press("e")) {
		r.send(msg)
	}
	r.shows("the day before is not known: this server keeps no history", "Request failed for user_0: overloaded")
	h := r.events.book.historian.(*dayHistorian)
	asked := func() int {
		r.startPoll()
		r.at = r.at.Add(time.Second)
		before := h.asked
		run(r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(6, 3, time.Second)}))
		return h.asked - before
	}
	again := 0
	for range 20 {
		again += asked()
	}
	if again != 1 {
		t.Errorf("asked %d times in the next 40 s, want once", again)
	}
}

// Troubles stand apart: the routine events of each minute with a trouble are counted before
// it, and those of the stretches between are one line, until a key opens them.
func TestEventsCountTheRoutine(t *testing.T) {
	r := newRig(t, Options{})
	r.showEvents(aDay())
	r.press("g")
	r.shows("13:00 to 13:01 41 requests added, 39 completed", "13:02    22 requests added, 21 completed", "13:02:29",
		"13:02:40-13:02:41 ❌ connection errors: 2 requests failed (anna)", "13:03 to 13:39", "13:40    20 requests added, 19 completed", "minDelay 1.5 s → 1.6 s, by ops")
	r.hides("13:20 ", "Processing request")
	r.press("i", "G")
	r.shows("Processing request for user_1", "Request added for")
	r.press("g")
	r.shows("13:05    20 requests added")
	r.press("i", "g")
	r.hides("13:05    20 requests added")
}

// The filter finds by class, user and text, in capitals or not; esc clears it.
func TestEventsFilter(t *testing.T) {
	for text, want := range map[string]string{"NETWORK": "Request failed for anna", "Anna": "Request failed for anna", "mindelay": "minDelay", "output tok": "Paused by the API"} {
		r := newRig(t, Options{})
		r.showEvents(aDay())
		r.press("/")
		r.typeText(text)
		r.shows("filter: "+text, want)
		r.hides("Draining", "overloaded", "requests added")
		r.press("enter")
		r.shows(want, "with \""+strings.ToLower(text)+"\"")
		r.press("esc")
		r.hides("with \"")
		if !r.isOpen(r.events) {
			t.Error("esc closes the view in place of the filter")
		}
		r.press("/", "z", "z", "z")
		r.shows("nothing has \"zzz\" in it")
		r.press("esc")
		r.shows("overloaded")
		r.press("esc")
		if r.isOpen(r.events) {
			t.Error("without a filter esc does not go back")
		}
	}
}

// The task "what was at 13:02": seven keys, of which five are the time. The line
// stands at the top, also where the minute was a part of a stretch.
func TestTaskWhatWasAt(t *testing.T) {
	for text, want := range map[string]string{
		"13:02": "13:02    22 requests added", "13:02:25": "13:02:29", "13:20": "13:20    20 requests added", "19:00": "19:00:00", "20:00": "13:00 to 13:01", "13:02:42": "13:03 to 13:39",
	} {
		r := newRig(t, Options{})
		r.size(80, 14)
		r.showEvents(aDay())
		r.press(":")
		r.typeText(text)
		r.press("enter")
		found := 0
		for i, line := range r.lines() {
			if !strings.Contains(line, "▸") {
				continue
			}
			found++
			if !strings.Contains(line, want) || len(r.events.list.rows)-r.events.list.at >= r.events.list.room && !strings.Contains(r.lines()[i-1], "Troubles of a day") {
				t.Errorf("%s: found %q, want %q, at the top of a list that is longer than the screen", text, line, want)
			}
		}
		if found != 1 {
			t.Errorf("%s: %d lines are marked in\n%s", text, found, r.text())
		}
	}
	r := newRig(t, Options{})
	r.showEvents(aDay())
	r.press(":", "2", "5", "enter")
	r.shows("not a time: type 14:02 or 14:02:31")
	r.press("esc")
	r.hides("not a time")
}

// The lines stay under the eyes of who has scrolled up while new ones come, also when they are
// opened in a flood.
func TestEventsStay(t *testing.T) {
	r := newRig(t, Options{})
	r.showEvents(aDay())
	r.press("i", "pgup")
	top := r.events.list.rows[r.events.list.top]
	for i := range 20 {
		r.answerPoll(sampleOf(40+i, 3, 2400*time.Millisecond))
	}
	if got := r.events.list.rows[r.events.list.top]; got != top {
		t.Errorf("got %+v at the top, want %+v", got, top)
	}
	r.shows("G: newest")
	r.press("G")
	r.hides("G: newest")
}

// A day of floods has 5,000 lines at most, and the memory of the book is bounded.
func TestEventsAreBounded(t *testing.T) {
	b := newEventBook(Options{})
	for batch := range 200 {
		var events []client.Event
		for i := range 256 {
			at := noon().Add(time.Duration(batch*256+i) * 2 * time.Second)
			kind := queue.KindFailed
			if i%2 == 0 {
				kind = queue.KindAdded
			}
			events = append(events, client.Event{At: at, Kind: kind, Text: fmt.Sprint("event ", batch, i)})
			b.count([]client.Slice{{At: client.Some(at), Length: client.Some(5 * time.Second), Arrivals: client.Some[int64](1)}})
		}
		b.add(events)
		b.add(events)
	}
	if len(b.troubles) > bookTroubles || len(b.routine) > bookRoutine || len(b.minutes) > 24*60+1 {
		t.Errorf("got %d troubles, %d routine events, %d minutes", len(b.troubles), len(b.routine), len(b.minutes))
	}
	for _, all := range []bool{false, true} {
		rows := eventRows{all: all, zone: time.UTC}.of(b)
		if len(rows) > maxEventRows || len(rows) < bookTroubles {
			t.Errorf("got %d lines, want about %d at most", len(rows), maxEventRows)
		}
	}
}

// Two events that are alike in time, kind and user are two; that they are told of anew with
// each poll adds none.
func TestEventsOfOneInstant(t *testing.T) {
	b := newEventBook(Options{})
	e := client.Event{At: noon(), Kind: queue.KindFailed, User: "anna", Text: "a"}
	for range 3 {
		b.add([]client.Event{e, e, {At: noon().Add(time.Second), Kind: client.KindUnreachable, Text: "unreachable since"}})
	}
	b.add([]client.Event{e, e, {At: noon().Add(time.Second), Kind: client.KindUnreachable, Text: "unreachable 14:00 to 14:01"}})
	if len(b.troubles) != 3 || b.troubles[2].Text != "unreachable 14:00 to 14:01" {
		t.Errorf("got %+v, want two failures and the outage as it is now", b.troubles)
	}
}

// hostileEvents is the events view over what an endpoint could say.
func hostileEvents() scene {
	return scene{"nasty-events", func(r *rig) {
		past := aDay()
		for i, name := range hostileNames() {
			past.Troubles = append(past.Troubles, client.Event{At: noon().Add(-time.Minute), Kind: queue.Kind(name), User: name, Class: queue.ClassName(name), Text: name + hostileNames()[(i+1)%9]})
			past.Slices = append(past.Slices, client.Slice{At: client.Some(noon().Add(-time.Duration(i) * 24 * time.Minute)), Length: client.Some(time.Minute), Arrivals: client.Some[int64](1 << 62), Successful: client.Some[int64](1 << 62)})
		}
		r.showEvents(past)
	}}
}

// Esc ends the filter before it goes back, and the keys say so.
func TestEventsFilterKeys(t *testing.T) {
	r := newRig(t, Options{})
	r.showEvents(aDay())
	r.shows("esc/q back")
	r.press("/", "a", "n", "enter")
	r.shows("esc end the filter", "q back")
	r.hides("esc/q back")
	r.press("esc")
	r.hides("end the filter")
	r.shows("esc/q back")
}

// The view begins anew: the moment that was gone to before is not shown by a key.
func TestEventsBeginAnew(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("e", "[", "esc", "e")
	r.hides("enter show that moment")
	r.press("enter")
	if r.frozen != nil {
		t.Error("enter shows a moment that nobody has gone to")
	}
}

// Where no line says that a new day begins, what was yesterday says so itself.
func TestTroublesOfYesterday(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 3, time.Second)
	s.Detail.Events = []client.Event{
		{At: noon().Add(-15 * time.Hour), Kind: queue.KindPaused, Text: "Paused by the API for 1 s"},
		{At: noon().Add(-time.Hour), Kind: queue.KindResumed, Text: "Pause is over"},
	}
	r.answerPoll(s)
	r.shows("Sun 22 Nov 23:00:00 ✋", " 13:00:00 ⏩")
	if text := r.state().summary(); !strings.Contains(text, "Sun 22 Nov 23:00:00") {
		t.Errorf("got %s", text)
	}
	r.press("e")
	r.shows("Sunday 22 November", "  23:00:00 ✋")
}

// A line that is cut off can be read whole: its details follow the cursor, with what the line
// leaves out, and enter shows its moment. An answer of the API names the limit at its end.
func TestEventDetails(t *testing.T) {
	const text = "Retrying request for alice@example.com in 1.0 s: 429 rate_limit_error: This request would exceed your organization's rate limit of 8,000 output tokens per minute"
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}} {
		r := pastRig(t, Options{})
		r.size(size[0], size[1])
		s := sampleOf(61, 1, time.Second)
		s.Detail.Events = append(s.Detail.Events, client.Event{
			At: r.at, Kind: queue.KindRetry, Text: text, User: "alice@example.com", Lane: "1f0f2a58-2a5e-4c8f-9d0e-7b1c6a1d2e3f/sonnet-5.5", Class: "rate limited",
		})
		r.answerPoll(s)
		r.press("e")
		r.shows("↑/k choose")
		r.press("up", "up") // below it is the incident that goes on
		r.hides("↑/k choose")
		lines := r.lines()
		shown := strings.Join(strings.Fields(strings.Join(lines[len(lines)-6:], " ")), " ")
		for _, want := range []string{"organization's rate limit of 8,000 output tokens per minute", "user alice@example.com", "lane sonnet-5.5"} {
			if !strings.Contains(shown, want) && size[0] >= 80 {
				t.Errorf("%v: no %q in %s", size, want, shown)
			}
		}
		r.checkFits(size[0], size[1])
		for range 3 { // it stays chosen while others come
			s.Detail.Events = append(s.Detail.Events, client.Event{At: r.at, Kind: queue.KindFailed, Text: "Request failed for bob"})
			r.answerPoll(s)
		}
		r.shows("▸ 14:05:")
		if row := r.events.list.row(); row == nil || row.event.Text != text {
			t.Errorf("%v: the cursor is on %+v", size, row)
		}
		r.press("enter")
		if size[0] < 80 { // first all of its text
			if shown := strings.Join(strings.Fields(r.text()), " "); !strings.Contains(shown, text) {
				t.Errorf("%v: no %q in %s", size, text, shown)
			}
			r.press("enter")
		}
		if r.frozen == nil {
			t.Errorf("%v: enter does not show its moment", size)
		}
	}
}

// In an outage each request is tried again with words of its own: together they are one line,
// so that other troubles are in sight.
func TestRetriesAreOneTrouble(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 3, time.Second)
	s.Detail.Events = []client.Event{{At: noon().Add(-time.Minute), Kind: queue.KindPaused, Text: "Paused by the API for 1 s"}}
	for i := range 30 {
		s.Detail.Events = append(s.Detail.Events, client.Event{
			At: noon().Add(time.Duration(i-40) * time.Second), Kind: queue.KindRetry, Class: "network", Cause: "connection refused",
			Text: fmt.Sprintf("Retrying request for user_%d in 1.%d s: connection refused", i%4, i%9),
		})
	}
	r.answerPoll(s)
	r.shows("connection refused: 30 tried again", "✋ Paused by the API for 1 s")
	r.hides("user_3 in 1")
	r.press("e")
	r.shows("connection refused: 30 tried again")
	r.press("/")
	r.typeText("user_3")
	r.shows("Retrying request for user_3 in 1.")
}

// Where the chosen line is gone the cursor is at the next one, also while an incident goes on,
// whose line is the last and began before.
func TestTheLineAfterOneThatIsGone(t *testing.T) {
	var l eventList
	for i := range 4 {
		l.rows = append(l.rows, eventRow{at: noon().Add(time.Duration(i) * time.Second), times: 1})
	}
	l.rows = append(l.rows, eventRow{at: noon(), event: client.Event{Kind: kindIsWarning}, times: 1})
	for i := range 4 {
		if got := l.firstAt(l.rows[i].at); got != i {
			t.Errorf("the line of %d s: got %d", i, got)
		}
	}
}

// Also where the newest ones have the same words.
func TestRetriesOfOneUserAndOthersAreOneTrouble(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 3, time.Second)
	for i, user := range []string{"carol", "team: anna", "team: anna"} {
		s.Detail.Events = append(s.Detail.Events, client.Event{
			At: noon().Add(time.Duration(i-40) * time.Second), Kind: queue.KindRetry, Class: "network", Cause: "connection refused",
			Text: "Retrying request for " + user + " in 1.0 s: connection refused",
		})
	}
	r.answerPoll(s)
	r.shows("connection refused: 3 tried again")
	r.hides("team: anna")
}

// A restart is one event: as the server tells it, where it does, whichever is known first.
func TestARestartIsToldOnce(t *testing.T) {
	after := func(s int) time.Time { return noon().Add(time.Duration(s) * time.Second) }
	own := client.Event{At: after(1), Kind: client.KindRestarted, Text: "the server restarted: unreachable 14:00:01 to 14:00:36: connection refused"}
	told := client.Event{At: after(34), Kind: client.KindRestarted, Text: "The server restarted after 34 s", Took: client.Some(34 * time.Second)}
	earlier := client.Event{At: after(-3600), Kind: client.KindRestarted, Text: "the server restarted"}
	for _, order := range [][]client.Event{{own, told}, {told, own}, {own, told, own}} {
		b := newEventBook(Options{})
		b.add([]client.Event{earlier})
		for _, e := range order {
			b.add([]client.Event{e})
		}
		version := b.version
		b.add([]client.Event{earlier, own})
		if len(b.troubles) != 2 || b.troubles[0].Text != earlier.Text || b.troubles[1].Text != told.Text || b.version != version {
			t.Errorf("got %+v, changed %v", b.troubles, b.version != version)
		}
	}
}

// How often the same was told is counted to the first of them, however many there were; where
// the book has forgotten some, it says so.
func TestTroublesAreCountedToTheFirst(t *testing.T) {
	for _, c := range []struct {
		cancelled, failed int
		want              string
	}{
		{300, 89, "Request cancelled by ops (300 times)"},
		{2, bookTroubles, "Request failed (3,498 times or more)"},
		{2, bookTroubles - 3, "Request failed (3,497 times)"},
	} {
		r := newRig(t, Options{})
		var events []client.Event
		for i := range c.failed + c.cancelled {
			e := client.Event{At: noon().Add(time.Duration(i-5000) * time.Second), Kind: queue.KindFailed, Text: "Request failed"}
			if i >= c.failed {
				e.Kind, e.Text, e.By = queue.KindCancelled, "Request cancelled by ops", "ops"
			}
			events = append(events, e)
		}
		s := sampleOf(0, 2, time.Second)
		s.Detail.Events = nil
		r.answerPoll(s)
		r.book.add(events)
		r.answerPoll(s)
		r.shows(c.want)
		r.press("p")
		r.shows(c.want)
	}
}
