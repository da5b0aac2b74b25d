package ui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// pastTeller is a Historian that tells the same of every time, and notes for which it was
// asked.
type pastTeller struct {
	past  client.Past
	err   error
	asked [][2]time.Time
	steps []time.Duration
}

func (h *pastTeller) History(_ context.Context, since, until time.Time, step time.Duration) (client.Past, error) {
	h.asked, h.steps = append(h.asked, [2]time.Time{since, until}), append(h.steps, step)
	return h.past, h.err
}

// pastRig is a rig after an incident of a quarter of an hour ago, in the middle of another one.
func pastRig(t *testing.T, o Options) *rig {
	o.Interval = 5 * time.Second
	r := newRig(t, o)
	r.showPast()
	return r
}

// An operator asks what the incident before was like: one key. Everything on the screen is of
// then, and what cannot be done to then is not offered.
func TestTheIncidentBefore(t *testing.T) {
	r := pastRig(t, Options{Line: &fakeLine{}})
	r.shows("c cancel")
	r.press("[")
	r.shows("BACK AT 13:46:55", "now critical", "High failure rate: 19 waiting at most, longest 40 s, alice@example.com",
		"failed calls: 36 network", "hit  alice@example.com (40 s); 4 others at most 13 s", "from 13:45:00 to 13:47:00; longest wait 40 s; at most 19 waiting, at 13:46:55; 72 requests failed",
		"Waiting 19 at most", "that minute: requests failed 36   ok 48   arrived 72   calls began 72", "alice@example.com    14            40s")
	r.hides("c cancel", "since 14:01:40")
	r.press("c")
	if r.question != nil {
		t.Error("asks to cancel in the past")
	}
	r.press("]", "]")
	r.shows("BACK AT 14:05:00", "no later incident") // the one that goes on is worst now
	r.press("end")
	r.hides("BACK AT")
	r.shows("Waiting 26", "c cancel")
}

// The keys for it that every keyboard has.
func TestIncidentsWithoutBrackets(t *testing.T) {
	r := pastRig(t, Options{})
	r.press(",")
	r.shows("BACK AT 13:46:55")
	r.press("left", ".")
	r.shows("BACK AT 13:46:55")
}

func TestStepsThroughTheTime(t *testing.T) {
	for keys, want := range map[string]string{
		"left":                          "BACK AT 14:04:55",
		"left left":                     "BACK AT 14:04:50",
		"left left right":               "BACK AT 14:04:55",
		"left right":                    "live",
		"left esc":                      "live",
		"left p":                        "live",
		"left ] end":                    "live",
		"shift+left":                    "BACK AT 14:04:10",
		"shift+left shift+right":        "live",
		"p left":                        "BACK AT 14:04:55",
		"w left":                        "BACK AT 14:04:30",
		"left left left w":              "BACK AT 14:04:45",
		"shift+left shift+left w w w":   "BACK AT 14:03:20",
		"left e":                        "live", // other views than those that follow are of now,
		"left e esc":                    "BACK AT 14:04:55",
		"left 3":                        "BACK AT 14:04:55",
		"left 3 left":                   "BACK AT 14:04:50",
		"left 3 end":                    "live",
		"left 3 esc":                    "BACK AT 14:04:55",
		"p 3":                           "live",
		"left ? esc":                    "BACK AT 14:04:55",
		"left G":                        "BACK AT 14:04:55",
		"p":                             "FROZEN since 14:05:00",
		"p right":                       "live",
		"left left left left left left": "BACK AT 14:04:30",
	} {
		r := pastRig(t, Options{})
		r.press(strings.Fields(keys)...)
		if !strings.Contains(r.lines()[0], want) {
			t.Errorf("%q: got %q, want %q", keys, r.lines()[0], want)
		}
	}
}

// What is shown of a moment stays while polls go on, and the first row tells what is now.
func TestThePastStays(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("[")
	before := r.lines()
	for i := 61; i < 90; i++ {
		r.answerPoll(sampleOf(i, 0, time.Second))
	}
	for i, line := range r.lines()[1:35] {
		if line != before[i+1] {
			t.Errorf("line %d moved:\n%s\n%s", i+2, before[i+1], line)
		}
	}
	r.shows("now healthy")
	r.failPoll("connection refused", "")
	r.shows("High failure rate", "next attempt")
}

// A moment is asked for once, where polls have not told all of it.
func TestAMomentIsAskedFor(t *testing.T) {
	h := &pastTeller{past: anEarlierIncident()}
	r := pastRig(t, Options{Historian: h})
	h.asked = nil
	run(r.press("left"))
	if len(h.asked) != 1 {
		t.Fatalf("asked %d times: %v", len(h.asked), h.asked)
	}
	if since := h.asked[0][0]; since.After(noon().Add(4 * time.Minute)) {
		t.Errorf("asked since %v only", since)
	}
	run(r.press("shift+left"))
	run(r.press("["))
	n := len(h.asked)
	run(r.press("left"))
	run(r.press("right"))
	if len(h.asked) != n {
		t.Errorf("asked again for what was told: %v", h.asked[n:])
	}
	h.err = &client.Failure{Words: "connection refused"}
	for range 20 {
		for _, msg := range run(r.press("shift+left")) {
			r.send(msg)
		}
	}
	r.shows("the past is not told: connection refused")
}

// Before the last hour there is only what the endpoint tells of the day.
func TestTheIncidentHoursAgo(t *testing.T) {
	since := noon().Add(-5 * time.Hour)
	s := incident(40).Detail.Slices[0]
	s.At, s.Length, s.Level, s.Message = client.Some(since), client.Some(time.Minute), client.Critical, "Very long wait times"
	h := &pastTeller{past: client.Past{
		Since: client.Some(since), Until: client.Some(since.Add(10 * time.Minute)), Step: client.Some(time.Minute), Slices: []client.Slice{s},
	}}
	r := pastRig(t, Options{Historian: h})
	r.press("[")
	cmd := r.press("[")
	r.shows("asking for the day")
	for _, msg := range run(cmd) {
		if _, ok := msg.(dayMsg); ok {
			r.send(msg)
		}
	}
	r.shows("BACK AT 09:00:00", "Very long wait times", "from 09:00:00 to 09:01:00")
	r.press("]")
	r.shows("BACK AT 13:46:55")
	r.press("[", "[")
	r.shows("no earlier incident is known")
}

func TestNothingIsKnown(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("w")
	for range 400 {
		r.press("shift+left")
	}
	r.shows("UNKNOWN", "nothing is known of Sun 22 Nov 14:05:00", "BACK AT Sun 22 Nov 14:05:00")
}

// Of an endpoint that tells counters only, what was polled is shown.
func TestBackWithCountersOnly(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	for i := range 40 {
		r.answerPoll(oldWire(sampleOf(i, i%10, time.Second)))
	}
	r.press("left", "left")
	r.shows("BACK AT", "Waiting 7", "waiting 7")
	r.press("d")
	r.shows("against 10 min before")
	r.press("[")
	r.shows("no earlier incident is known")
}

// Now against ten minutes ago: one key, the same figures side by side.
func TestNowAgainstTenMinutesAgo(t *testing.T) {
	r := pastRig(t, Options{Line: &fakeLine{}})
	r.press("d")
	r.shows("now against 10 min before", "13:55:00", "+22", "+44s", "healthy", "critical", "alice@example.com        57s")
	r.hides("by turn")
	r.press("j", "c") // nobody is chosen in a list that is not in sight: it is the verdict's
	r.shows("alice@example.com", "21")
	r.press("esc", "d")
	r.shows("by turn")
	r.hides("10 min before")
	r.press("[", "d")
	r.shows("13:46:55 against 10 min before", "13:36:55")
}

// Incidents that are over stand among the troubles, and are gone to from there.
func TestIncidentsAreListed(t *testing.T) {
	r := pastRig(t, Options{})
	const line = "13:47:00 ✖  Was critical for 30 s of 2 min 00 s, worst at 13:46:55: 19 waiting at most, longest 40 s; connection errors; 72 requests failed; alice@example.com and 4 others waited"
	r.size(200, 60)
	r.shows(line)
	r.shows("14:00:50 ✖  Goes on since then: output tokens used up; alice@example.com and 4 others waited")
	r.press("e", "[", "[")
	r.shows("▸ 13:47:00 ✖  Was critical for 30 s of 2 min 00 s", "connection errors; 72") // the line, and the whole of it below
	r.press("[")
	r.shows("no earlier incident is listed")
	r.press("enter")
	r.shows("BACK AT 13:46:55")
	r.press("e", "/")
	r.typeText("was critical")
	r.press("enter")
	r.shows("13:47:00 ✖  Was critical for 30 s of 2 min 00 s")
}

// A list has a line for each incident, and enter shows its worst moment. Who comes to the one
// that goes on by the key for the one before is told so.
func TestTheListOfIncidents(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("e", "I")
	r.shows("Incidents, oldest first", "13:45:00  2 min 00 s ✖  19 waiting at most, longest 40 s; connection errors; 72 requests failed",
		"14:00:50     goes on ✖  output tokens used up; alice@example.com and 4 others waited")
	r.hides("added")
	r.press("up", "up", "enter")
	r.shows("BACK AT 13:46:55")
	r.press("end", "e", "I", "I")
	r.shows("Troubles, oldest first")
	r = pastRig(t, Options{})
	for n := 61; n < 64; n++ {
		s := incident(n)
		one := &s.Detail.Slices[0]
		one.Oldest, one.Longest, one.LongestWaits = client.Some(time.Second), client.Some(time.Second), nil
		r.answerPoll(s)
	}
	r.press("[")
	if all := r.history.Incidents(); !r.frozen.cursor.Equal(all[len(all)-1].Peak.Truncate(client.SliceLength)) || !all[len(all)-1].Open {
		t.Fatalf("at %v, and not in the one that goes on: %+v", r.frozen.cursor, all)
	}
	r.shows("this incident goes on")
}

// An incident that goes on is a trouble, too: the first on the overview, and the newest of the
// events, below what has happened since. Who has chosen it keeps it while it grows worse.
func TestAnIncidentThatGoesOnIsATrouble(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	poll := func(n int, level client.Level, text string) {
		s := incident(n)
		s.Detail.Slices[0].Level = level
		s.Detail.Events = []client.Event{{At: s.Timestamp.Value, Kind: queue.KindFailed, Text: text}}
		r.answerPoll(s)
	}
	poll(10, client.Healthy, "one")
	for n := 11; n < 40; n++ {
		poll(n, client.Warning, "two")
	}
	lines := r.lines()
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "─ Troubles") })
	if !strings.Contains(lines[at+1], "14:00:55 ▲  Goes on since then") || !strings.Contains(lines[at+2], "two") {
		t.Errorf("troubles: %q, %q", lines[at+1], lines[at+2])
	}
	r.press("e", "up")
	r.shows("▸ 14:00:55 ▲  Goes on since then")
	poll(40, client.Critical, "three")
	poll(41, client.Critical, "four")
	r.shows("▸ 14:00:55 ▲  Goes on since then, critical for 10 s")
	poll(42, client.Healthy, "five")
	r.shows("▸ 14:00:55 ▲  Went on until just now, critical for 10 s")
	r.press("enter")
	r.shows("BACK AT 14:03:20", "Goes on since then, critical for 5.0 s")
	r.press("left", "left")
	r.shows("Goes on since then") // as it was known then
	r.press("end")
	poll(43, client.Healthy, "six")
	poll(44, client.Healthy, "seven")
	poll(45, client.Healthy, "eight")
	r.size(120, 40)
	r.shows("Was critical for 10 s of 2 min 35 s, worst at 14:03:20: 18 waiting at most")
	r.hides("until just now")
}

// An incident is listed as soon as it is over, and one before it as soon as it is told.
func TestIncidentsAreListedAtOnce(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	r.size(200, 60)
	poll := func(n int, level client.Level) {
		s := incident(n)
		s.Detail.Slices[0].Level = level
		r.answerPoll(s)
	}
	for n := 40; n < 45; n++ {
		poll(n, client.Warning)
	}
	poll(45, client.Healthy)
	poll(46, client.Healthy)
	r.hides("Warned", "Was critical")
	poll(47, client.Healthy)
	r.shows("Warned for 25 s")
	r.send(pastMsg{past: anEarlierIncident()})
	poll(47, client.Healthy)
	r.shows("Was critical for 30 s of 2 min 00 s", "Warned for 25 s")
}

// What was at 14:02: a time is typed, and shown.
func TestWhatWasAtATime(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("e", ":")
	r.typeText("14:02")
	r.press("enter", "enter")
	r.shows("BACK AT 14:02:00", "Queue is backing up")
}

// The users of then: what was kept of them, and nothing to do about them.
func TestUsersOfThen(t *testing.T) {
	r := pastRig(t, Options{Line: &fakeLine{}})
	r.press("[", "3")
	r.shows("Who waited longest", "alice@example.com    14            40s", "end live again")
	r.hides("c cancel", "enter open", "p95 and shares")
	r.press("enter", "c")
	if r.question != nil || r.users.user.isOpen() {
		t.Error("it offers what is of now")
	}
}

// A time that is gone to in the events is shown as it was typed, whichever line is next to it;
// once another line is chosen, it is that line's. What was idle then was zero.
func TestATimeBetweenTwoLines(t *testing.T) {
	past := anEarlierIncident()
	from, to := noon().Add(-20*time.Minute), noon().Add(-18*time.Minute)
	past.Slices = slices.DeleteFunc(past.Slices, func(s client.Slice) bool { return !s.At.Value.Before(from) && s.At.Value.Before(to) })
	r := newRig(t, Options{Interval: 5 * time.Second})
	for i := range 61 {
		r.answerPoll(incident(i))
		if i == 0 {
			r.send(pastMsg{past: past})
		}
	}
	jump := func(text string) {
		r.press("e", ":")
		r.typeText(text)
		r.press("enter")
	}
	jump("13:41:33")
	r.shows("enter show 13:41:33")
	r.press("enter")
	r.shows("BACK AT 13:41:30", "that minute: requests failed 0   ok 0   arrived 0   calls began 0", "0 arrived that minute, 0 calls began")
	jump("14:04:59") // after the last line
	r.press("enter")
	r.shows("BACK AT 14:04:55")
	jump("13:41:33")
	r.press("down", "up")
	r.hides("enter show 13:41:33")
	r.press("enter")
	r.hides("BACK AT 13:41:30")
}

// A moment is of one slice, and of the worst in it: who has left before its end waited longest
// in it. What follows it is not in the sparks that end with its figures, nor counted.
func TestAMomentIsTheWorstOfItsSlice(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	poll := func(n, waiting int, longest, started time.Duration) {
		s := incident(n)
		of := &s.Detail.Slices[0]
		of.Waiting, of.Oldest, of.Longest, of.Level = client.Some(waiting), client.Some(longest), client.Some(started), client.Critical
		of.RateLimited, of.Message = client.Some[int64](1), "Very long wait times"
		of.LongestWaits = []client.LongestWait{
			{User: "alice", Lane: "sonnet-5.5", Waited: client.Some(longest), Waiting: client.Some(waiting - 1)},
			{User: "bob", Lane: "sonnet-5.5", Waited: client.Some(started), Started: client.Some(true), Waiting: client.Some(1)},
		}
		r.answerPoll(s)
	}
	for n := range 20 {
		poll(n, 10, 5*time.Second, time.Second)
	}
	poll(20, 40, 77*time.Second, 2*time.Second)
	for n := 21; n < 40; n++ {
		poll(n, 3, 3*time.Second, time.Second)
	}
	before := r.state().untilCursor().waitPoints(20)
	r.press("[")
	r.shows("BACK AT 14:01:40", "Very long wait times: 40 waiting at most, longest 1 min 17 s, alice", "longest wait 1 min 17 s; at most 40 waiting, at 14:01:40",
		"Waiting 40 at most", "1m17s", "429", "12 in that minute", "   429 12", "39          1m17s", "▂▇ 1 min 17 s")
	for name, points := range map[string][]client.Column{"wait": r.state().untilCursor().waitPoints(20), "line": r.state().untilCursor().lineColumns(20)} {
		if last := points[len(points)-1]; last.Value != map[string]float64{"wait": 77, "line": 40}[name] {
			t.Errorf("the spark of %s ends at %+v", name, last)
		}
	}
	if len(before) == 0 || before[len(before)-1].Value == 77 {
		t.Error("the spark of now ends at the moment")
	}
	for range 12 { // three steps of a minute
		r.press("shift+left")
	}
	r.hides("started after")
}

// hostilePast is a moment in the past over what an endpoint could say of it.
func hostilePast() scene {
	return scene{"nasty-past", func(r *rig) {
		names := hostileNames()
		past := anEarlierIncident()
		for i := range past.Slices {
			name, other := names[i%len(names)], names[(i+5)%len(names)]
			s := &past.Slices[i]
			s.Message, s.Waiting, s.Oldest = name, client.Some(1<<62), client.Some[time.Duration](1<<62)
			s.Longest, s.InputTokens, s.RateLimited = client.Some[time.Duration](1<<62), client.Some[int64](1<<62), client.Some[int64](1<<62)
			s.Failures = []client.ClassCount{{Class: queue.ClassName(other), Count: client.Some[int64](1 << 62)}}
			s.LongestWaits = nil
			for j := range names {
				s.LongestWaits = append(s.LongestWaits, client.LongestWait{User: names[(i+j)%len(names)], Lane: other, Waited: client.Some[time.Duration](1 << 62), Waiting: client.Some(1 << 62)})
			}
			s.Lanes = []client.LaneSlice{{Name: other, Waiting: client.Some(1 << 62), Limits: []client.Limit{{Kind: name, PerMinute: client.Some[int64](1), Free: client.Some[client.Balance](-1 << 62)}}}}
		}
		for i := range 61 {
			r.answerPoll(incident(i))
			if i == 0 {
				r.send(pastMsg{past: past})
			}
		}
		r.press("[")
	}}
}

// The lanes of then: their limits, and no pause to end.
func TestLanesOfThen(t *testing.T) {
	r := pastRig(t, Options{Resumer: &fakeResumer{}})
	r.press("[", "l")
	r.shows("BACK AT 13:46:55", "19 waited", "0 of 8,000 free", "end live again")
	r.hides("T try now", "This view is live")
	r.press("left")
	r.shows("BACK AT 13:46:50")
}

// An answer takes now a little longer and now a little less, so that the endpoint's clock seems
// to run unevenly. A moment stays the same one all the same, and each step is one.
func TestAMomentStaysOnItsSlice(t *testing.T) {
	r := pastRig(t, Options{})
	n := 60
	poll := func(late time.Duration) {
		n++
		s := incident(n)
		s.Timestamp.Value = s.Timestamp.Value.Add(-late)
		r.answerPoll(s)
	}
	poll(0)
	r.press("left", "left") // 14:05:05 is now
	r.shows("BACK AT 14:04:55")
	for _, late := range []time.Duration{30 * time.Millisecond, -40 * time.Millisecond, 900 * time.Millisecond} {
		poll(late)
		r.send(pastMsg{}) // what is known of the moment is shown anew
		r.shows("BACK AT 14:04:55")
		r.press("left")
		r.shows("BACK AT 14:04:50")
		poll(late + 20*time.Millisecond)
		r.press("right")
		r.shows("BACK AT 14:04:55")
	}
	r.press("[")
	r.shows("BACK AT 13:46:55")
	poll(50 * time.Millisecond)
	r.press("d")
	r.shows("13:46:55 against 10 min before", "13:36:55")
	r.press("d", "right")
	r.shows("BACK AT 13:47:00")
	poll(80 * time.Millisecond)
	r.press("[")
	r.shows("BACK AT 13:46:55")
	poll(110 * time.Millisecond)
	r.press("[")
	r.shows("BACK AT 13:46:55", "no earlier incident is known")
}

// What was asked for while it was told by 5 s is asked for again once it is told by the minute
// only: the history has forgotten the short slices by then.
func TestAMomentIsAskedForAgainAfterAnHour(t *testing.T) {
	h := &pastTeller{past: anEarlierIncident()}
	r := pastRig(t, Options{Historian: h})
	run(r.press("["))
	r.press("end")
	for i := range 13 { // an hour and a bit
		r.advance(5 * time.Minute)
		r.answerPoll(sampleOf(61+60*i, 0, time.Second))
	}
	h.asked = nil
	at := noon().Add(-13*time.Minute - 45*time.Second)
	run(r.goToEvent(at, ""))
	if len(h.asked) != 1 || !h.asked[0][0].Before(at) || !h.asked[0][1].After(at) {
		t.Errorf("it is not asked for %v, but for %v", at, h.asked)
	}
	run(r.goToEvent(noon().Add(-13*time.Minute-40*time.Second), ""))
	if len(h.asked) != 1 {
		t.Errorf("asked again for what was told: %v", h.asked)
	}
}

// A key that leads from a moment in the past to what is now says so.
func TestViewsOfNow(t *testing.T) {
	r := pastRig(t, Options{Line: &fakeLine{}})
	r.size(200, 60)
	r.hides("(now)")
	r.press("[")
	r.shows("2 Waiting (now) 3 Users 4 Lanes 5 Events (now)")
	r.press("3")
	r.shows("2 Waiting (now) [3 Users] ")
	r.press("end")
	r.hides("(now)")
	r.press("1", "p")
	r.hides("(now)")
}

// What is of now only is not offered in the past.
func TestNoResetInThePast(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("[", "r")
	if r.question != nil {
		t.Error("asks to reset the counters of now")
	}
}

// Live again in another view: esc goes back from there, and closes nothing else.
func TestKeysAfterLiveAgain(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("left", "3", "end", "?")
	for _, line := range r.lines() {
		if strings.Contains(line, "esc  ") && strings.Contains(line, "close") {
			t.Errorf("%q is offered", strings.TrimSpace(line))
		}
	}
}

// What is compared has the names and the figures of the rows above, in cells that nothing cuts:
// nobody waits in the same way on both sides, what has no room is counted, and what is not known
// is said.
func TestCompareSaysTheSame(t *testing.T) {
	idle := func(r *rig, n int) { // somebody started at once, and nobody waits now
		s := incident(0)
		s.Timestamp = client.Some(noon().Add(time.Duration(n) * 5 * time.Second))
		s.Waiting, s.Detail.Users, s.Detail.OldestWait, s.Detail.Oldest = client.Some(0), nil, client.Opt[time.Duration]{}, nil
		of := &s.Detail.Slices[0]
		of.At, of.Waiting, of.LongestWaits = client.Some(noon().Add(time.Duration(n)*5*time.Second)), client.Some(0), nil
		if n == 5 {
			of.Waiting, of.Oldest, of.Longest = client.Some(1), client.Some(200*time.Millisecond), client.Some(200*time.Millisecond)
		}
		r.answerPoll(s)
	}
	r := newRig(t, Options{Interval: 5 * time.Second})
	for n := range 60 {
		idle(r, n)
	}
	r.press("d")
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		r.shows("nothing is known of 13:54:55")
	}
	for n := 60; n < 126; n++ {
		idle(r, n)
	}
	r.size(120, 36)
	r.shows("arrived                   36            71 ", "71 arrive a minute", "who waited is not known")
	r.hides("nobody did")
	idle(r, 126)
	r.shows("nobody waits, and nobody did", "waiting               most 0             0")
	r.hides("oldest  ")
	r = pastRig(t, Options{})
	r.press("d")
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		lines := r.lines()
		at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "10 min before") })
		for _, line := range lines[at+1 : len(lines)-1] {
			if before, _, _ := strings.Cut(line, "─ Troubles"); strings.Contains(before, "…") && !strings.Contains(before, "since then") {
				t.Errorf("%v: %q is cut", size, line)
			}
		}
		whole := strings.Contains(r.text(), "output tokens  ")
		if told := strings.Contains(r.text(), "more in a taller window"); told == whole {
			t.Errorf("%v: all figures %v, but it says that more are left out: %v\n%s", size, whole, told, r.text())
		}
	}
	r.size(40, 10)
	r.shows("waiting", "26")
}

// A minute has twelve slices also now: the present one, in which little has happened yet, made
// less of it than there was.
func TestCompareWholeMinutes(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	for n := range 150 {
		s := incident(0)
		s.Timestamp = client.Some(noon().Add(time.Duration(n) * 5 * time.Second))
		last := s.Detail.Slices[0]
		last.At, last.Successful, last.Failed = client.Some(noon().Add(time.Duration(n-1)*5*time.Second)), client.Some[int64](9), client.Some[int64](1)
		present := last
		present.At, present.Successful, present.Failed = s.Timestamp, client.Some[int64](0), client.Some[int64](0)
		s.Detail.Slices = client.List[client.Slice]{last, present}
		r.answerPoll(s)
	}
	r.press("d")
	r.shows("succeeded                108           108 ", "failed                    12            12 ")
}

// Between two polls the figures of now stay.
func TestCompareBetweenPolls(t *testing.T) {
	r := pastRig(t, Options{})
	r.press("d")
	before := r.lines()
	r.advance(5 * time.Second)
	r.press("tab")
	for i, line := range r.lines()[9:30] {
		if line != before[i+9] {
			t.Errorf("changed without a poll:\n%s\n%s", before[i+9], line)
		}
	}
}

// An endpoint that tells counters only from now on, an older version for instance: the plots go
// on with what is polled, and one can go back to both times.
func TestDetailIsLost(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	for i := range 90 {
		s := sampleOf(i, 8, time.Second)
		if i >= 60 {
			s = oldWire(s)
		}
		r.answerPoll(s)
	}
	for i, c := range r.state().lineColumns(50) {
		if i > 0 && !c.Known {
			t.Fatalf("column %d of the plot is not known", i)
		}
	}
	r.press("left", "left")
	r.shows("BACK AT 14:07:15", "Waiting 8")
	r.press("shift+left", "shift+left", "shift+left")
	r.shows("BACK AT 14:04:45", "24 arrived that minute")
}

// What a frozen screen shows of the events stays, also where the book leaves some out meanwhile.
func TestEventsOfAFrozenScreenStay(t *testing.T) {
	r := newRig(t, Options{})
	sample := sampleOf(0, 3, time.Second)
	sample.Detail.Events = nil
	r.answerPoll(sample)
	failed := client.Event{At: noon().Add(time.Second), Kind: queue.KindFailed, Text: "Request failed"}
	r.book.add([]client.Event{{At: noon(), Kind: client.KindUnreachable, Text: "unreachable"}, failed})
	s := r.liveSnapshot()
	s.events = r.book.all()
	r.hold(s)
	want := slices.Clone(r.frozen.events)
	r.book.add([]client.Event{{At: noon(), Kind: queue.KindPaused, Text: "Paused by the API"}, failed})
	if !slices.Equal(r.frozen.events, want) {
		t.Errorf("got %+v, want %+v", r.frozen.events, want)
	}
}

// Who waited in the slice that goes on is asked for again, once that is over.
func TestAMomentThatGoesOnIsAskedForAgain(t *testing.T) {
	h := &fakeHistorian{}
	r := newRig(t, Options{Historian: h})
	sample := func(i int) client.Sample {
		s := incident(i)
		for n := range s.Detail.Slices {
			s.Detail.Slices[n].LongestWaits = nil
		}
		return s
	}
	for i := range 61 {
		r.answerPoll(sample(i))
	}
	r.press("left")
	run(r.press("left"))
	before := len(h.since)
	poll := func() {
		r.startPoll()
		s := sample(61)
		s.At = r.at
		run(r.send(pollMsg{tag: r.poll.tag, sample: s}))
	}
	poll()
	if len(h.since) != before {
		t.Error("it is asked for again at once")
	}
	for range 8 {
		poll()
	}
	if len(h.since) == before {
		t.Error("it is not asked for again")
	}
}
