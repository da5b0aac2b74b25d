package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// showWaiting watches a queue in which so many wait, opens the view of who waits and presses
// keys there; after each the endpoint is asked again.
func (r *rig) showWaiting(n int, keys ...string) {
	r.answerPoll(sampleOf(0, n, 9600*time.Millisecond))
	for i, key := range append([]string{"2"}, keys...) {
		r.press(key)
		r.answerPoll(sampleOf(i+1, n, 9600*time.Millisecond))
	}
}

// newLineRig is a rig over an endpoint that tells who waits, and does what it is asked.
func newLineRig(t *testing.T) (*rig, *fakeLine) {
	line := &fakeLine{}
	return newRig(t, Options{Line: line}), line
}

// does presses keys, and gives back what comes of the last one.
func (r *rig) does(keys ...string) {
	for _, msg := range run(r.press(keys...)) {
		r.send(msg)
	}
}

// The view is there only where the endpoint is ours and tells who waits.
func TestWaitingKey(t *testing.T) {
	for _, c := range []struct {
		name   string
		line   client.Line
		sample client.Sample
		want   bool
	}{
		{"ours", &fakeLine{}, sampleOf(0, 3, time.Second), true},
		{"nobody waits", &fakeLine{}, sampleOf(0, 0, time.Second), true},
		{"old wire", &fakeLine{}, oldWire(sampleOf(0, 3, time.Second)), false},
		{"nobody tells", nil, sampleOf(0, 3, time.Second), false},
	} {
		r := newRig(t, Options{Line: c.line})
		r.press("2")
		if !r.isOpen(r.home) {
			t.Errorf("%s: open before anything is known", c.name)
		}
		r.answerPoll(c.sample)
		if got := strings.Contains(r.text(), "2 Waiting"); got != c.want {
			t.Errorf("%s: the key is shown: %v, want %v", c.name, got, c.want)
		}
		r.press("2")
		if r.isOpen(r.waiting) != c.want {
			t.Errorf("%s: open %v, want %v", c.name, r.isOpen(r.waiting), c.want)
		}
	}
}

// Keys in the view: the row under the cursor, the first row in sight, and what is asked for.
func TestWaitingKeys(t *testing.T) {
	all := client.WaitingQuery{Limit: 84}
	with := func(change func(*client.WaitingQuery)) client.WaitingQuery {
		q := all
		change(&q)
		return q
	}
	from := func(offset int) client.WaitingQuery { return with(func(q *client.WaitingQuery) { q.Offset = offset }) }
	only := func(user string) client.WaitingQuery {
		return with(func(q *client.WaitingQuery) { q.User = client.NameOf(user) })
	}
	text := func(text string) client.WaitingQuery { return with(func(q *client.WaitingQuery) { q.Text = text }) }
	longest := with(func(q *client.WaitingQuery) { q.LongestFirst = true })
	for _, c := range []struct {
		keys     string
		selected string // empty: none
		top      int
		asks     client.WaitingQuery
	}{
		{"", "", 0, all},
		{"up", "req_1", 0, all},
		{"down", "req_1", 0, all},
		{"down j j k", "req_2", 0, all},
		{"pgdown", "req_29", 1, all},
		{"pgdown pgdown", "req_57", 29, all},
		{"pgdown pgdown pgdown", "req_85", 57, from(29)},
		{"end", "req_10000", 9972, from(9944)},
		{"G up", "req_9999", 9972, from(9944)},
		{"end home", "req_1", 0, all},
		{"end pgup pgup g", "req_1", 0, all},
		{"O", "", 0, longest},
		{"j O O", "req_1", 0, all},
		{"end O", "", 0, longest},
		{"f", "", 0, all}, // whose is not said
		{"j j f", "req_2", 0, only("user_7")},
		{"j j f f", "req_2", 0, all},
		{"j j f esc", "req_2", 0, all},
		{"j j f end", "req_9998", 2472, with(func(q *client.WaitingQuery) { q.User, q.Offset = client.NameOf("user_7"), 2444 })},
		{"/ a n n a", "", 0, text("anna")},
		{"/ a n backspace N enter", "", 0, text("aN")},
		{"/ q ? / esc", "", 0, all}, // the keys of the model are typed
		{"/ a n n a ctrl+u", "", 0, all},
		{"/ a n n a enter j", "req_3", 0, text("anna")},
		{"/ a n n a enter esc", "", 0, all},
		{"/ x x x j", "", 0, text("xxxj")},
		{"enter", "req_1", 0, all},
		{"j j enter esc", "req_2", 0, all},
	} {
		t.Run(c.keys, func(t *testing.T) {
			r, _ := newLineRig(t)
			r.showWaiting(10_000, strings.Fields(c.keys)...)
			l := &r.waiting.list
			if l.selected.ID != client.NameOf(c.selected) || l.top != c.top || l.query != c.asks {
				t.Errorf("%q is selected, row %d on top, it asks %+v, want %q, %d, %+v", l.selected, l.top, l.query, c.selected, c.top, c.asks)
			}
			if !r.isOpen(r.waiting) || r.question != nil || r.helping || r.frozen != nil {
				t.Error("a key did something else")
			}
			if l.asking || l.room != 28 && !r.waiting.detail.open && !r.waiting.filter.open {
				t.Errorf("asking %v, room %d", l.asking, l.room)
			}
		})
	}
}

// Each of ten thousand can be reached, the title says which are in sight, and never are more
// than three screens asked for.
func TestWaitingPages(t *testing.T) {
	r, _ := newLineRig(t)
	r.showWaiting(3_000)
	r.shows("Waiting 1-28 of 3,000", "by turn")
	next := 1
	for range 3_000/28 + 2 {
		r.press("pgdown")
		r.answerPoll(sampleOf(2, 3_000, 9600*time.Millisecond))
		if n := len(r.live.line.Waiting); n > 84 {
			t.Fatalf("%d rows were asked for", n)
		}
		for i := range r.waiting.list.room {
			row := r.waiting.list.row(r.waiting.list.top + i)
			if row == nil {
				t.Fatalf("row %d is in sight, and not known", r.waiting.list.top+i)
			}
			if row.Position.Value == next+1 {
				next++
			}
		}
	}
	if next != 3_000 {
		t.Errorf("the first %d came into sight, want 3,000", next)
	}
	r.shows("Waiting 2,973-3,000 of 3,000")
}

// Rows that are not known yet look so, no action is offered for them, and they are asked for
// as soon as the second since the last question is over.
func TestWaitingRowsNotKnownYet(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line, Interval: time.Minute})
	r.showWaiting(10_000)
	r.startPoll()
	r.answerPoll(sampleOf(2, 10_000, 9600*time.Millisecond))
	if wait := r.poll.next.Sub(r.at); wait < 30*time.Second {
		t.Fatalf("nothing is to be asked, but the next poll comes in %s", wait)
	}
	r.advance(100 * time.Millisecond)
	r.press("end")
	r.shows("Waiting 9,973-10,000 of 10,000", "▸ …")
	r.hides("req_", "c cancel")
	if wait := r.poll.next.Sub(r.at); wait > lineInterval || wait <= 0 {
		t.Errorf("the rows are asked for in %s", wait)
	}
	r.answerPoll(sampleOf(3, 10_000, 9600*time.Millisecond))
	r.shows("▸ 10k", "c cancel")
	if wait := r.poll.next.Sub(r.at); wait < 30*time.Second {
		t.Errorf("all is known, but the next poll comes in %s", wait)
	}
	r.failPoll("connection refused", "")
	next := r.poll.next
	r.press("home")
	if r.poll.next != next {
		t.Error("the endpoint does not answer, and is asked more often")
	}
}

// What was answered to another question is not shown as an answer to this one.
func TestWaitingAnswerToAnotherQuestion(t *testing.T) {
	r, _ := newLineRig(t)
	r.showWaiting(26)
	r.press("j", "O")
	r.shows("longest first", "asking who waits")
	r.hides("≈2s")
	r.answerPoll(sampleOf(2, 26, 9600*time.Millisecond))
	r.shows("Waiting 26 · longest first", "≈2s")
	r.press("1")
	r.shows("by turn", "asking who waits")
	r.answerPoll(sampleOf(3, 26, 9600*time.Millisecond))
	r.hides("asking")
}

// The cursor stays on its request while others start before it; when it has started itself,
// nothing is selected, and no action hits the one in its place.
func TestWaitingCursorStaysOnItsRequest(t *testing.T) {
	r, line := newLineRig(t)
	r.showWaiting(26, "j", "j", "j")
	next := func(started int) {
		r.startPoll()
		s := sampleOf(9, 26, 9600*time.Millisecond)
		s.At = r.at
		page := pageOf(s, *r.poll.query)
		page.Waiting = page.Waiting[started:]
		page.Matching = client.Some(26 - started)
		r.send(pollMsg{tag: r.poll.tag, sample: s, line: page, query: *r.poll.query})
	}
	next(2)
	r.shows("▸   3 anna@example.org")
	if r.waiting.list.at != 0 {
		t.Errorf("the cursor is in row %d", r.waiting.list.at)
	}
	r.press("c")
	next(5)
	r.shows("Cancel the request of anna@example.org?", "req_3")
	line.err = &client.Failure{Words: "it has started meanwhile"}
	r.does("y")
	r.shows("not done: it has started meanwhile")
	if !slices.Equal(line.did, []string{"cancel req_3 of anna@example.org"}) {
		t.Errorf("it did %q", line.did)
	}
	r.hides("▸", "c cancel")
	r.press("c", ">", "<", "C")
	if len(line.did) != 1 || r.question != nil {
		t.Errorf("an action hits somebody who was not selected: %q", line.did)
	}
	r.press("j")
	r.shows("▸   6 user_7")
}

// Several users' requests can have one ID: the cursor stays on the one that was chosen, and the
// action says whose it is.
func TestWaitingRowsOfOneID(t *testing.T) {
	r, line := newLineRig(t)
	r.showWaiting(6)
	next := func(users ...string) {
		r.startPoll()
		s := sampleOf(9, 6, 9600*time.Millisecond)
		s.At = r.at
		page := pageOf(s, *r.poll.query)
		for i, user := range users {
			name, group, _ := strings.Cut(user, " ")
			page.Waiting[i].ID, page.Waiting[i].User, page.Waiting[i].Group = client.NameOf("x"), client.NameOf(name), client.NameOf(group)
		}
		r.send(pollMsg{tag: r.poll.tag, sample: s, line: page, query: *r.poll.query})
	}
	next("alice red", "bob red", "alice blue")
	r.press("j", "j", "j")
	next("bob red", "carol", "alice red", "dan", "alice blue")
	if at := r.waiting.list.at; at != 4 {
		t.Errorf("the cursor is in row %d, want that of blue's alice", at)
	}
	r.does("c")
	next("alice blue", "bob red", "alice red")
	r.does("y")
	next("bob red", "alice red")
	r.hides("▸", "c cancel")
	r.press("j")
	r.does(">")
	if want := []string{"cancel x of alice in blue", "high x of bob in red"}; !slices.Equal(line.did, want) {
		t.Errorf("it did %q, want %q", line.did, want)
	}
}

// Priorities go one step up or down; what cannot be done is not offered.
func TestWaitingPriorities(t *testing.T) {
	for _, c := range []struct{ priority, key, want string }{
		{"normal", ">", "high"},
		{"normal", "<", "low"},
		{"low", ">", "normal"},
		{"high", "<", "normal"},
		{"high", ">", ""},
		{"low", "<", ""},
	} {
		r, line := newLineRig(t)
		r.showWaiting(3, "j")
		r.live.line.Waiting[0].Priority = c.priority
		r.redraw()
		r.does(c.key)
		var want []string
		if c.want != "" {
			want = []string{c.want + " req_1 of user_123"}
			r.shows("the request of user_123 has " + c.want + " priority now")
		}
		if !slices.Equal(line.did, want) {
			t.Errorf("%s of %s: it did %q, want %q", c.key, c.priority, line.did, want)
		}
	}
}

// All of a user's: the question says how many, of whom.
func TestWaitingCancelUser(t *testing.T) {
	for _, keys := range [][]string{{"j", "j", "C"}, {"j", "j", "f", "C"}} {
		r, line := newLineRig(t)
		r.showWaiting(26, keys...)
		r.shows("Cancel all 7 waiting requests of user_7?")
		r.does("y")
		r.shows("cancelled 3 requests of user_7")
		if !slices.Equal(line.did, []string{"cancel all of user_7"}) {
			t.Errorf("it did %q", line.did)
		}
		if !r.poll.inFlight {
			t.Error("no poll shows what was done")
		}
	}
}

// After an action who waits is asked for again though it was asked for just now.
func TestWaitingShowsWhatWasDone(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}, Interval: time.Minute})
	r.showWaiting(26, "j")
	r.advance(100 * time.Millisecond)
	r.does(">")
	r.send(pollMsg{tag: r.poll.tag, sample: sampleOf(3, 26, time.Second)}) // too early for the list
	if wait := r.poll.next.Sub(r.at); wait > lineInterval {
		t.Errorf("who waits is asked for in %s", wait)
	}
}

// Who may change nothing sees no key for it, and still all requests: those whose IDs are
// hidden can be looked at.
func TestWaitingReadOnly(t *testing.T) {
	r, line := newLineRig(t)
	r.showWaiting(3)
	s := sampleOf(3, 3, time.Second)
	s.Role = client.RoleMember
	r.startPoll()
	page := pageOf(s, *r.poll.query)
	for i := range page.Waiting[:2] {
		page.Waiting[i].ID, page.Waiting[i].User = client.Name{}, client.NameOf("another user")
	}
	s.At = r.at
	r.send(pollMsg{tag: r.poll.tag, sample: s, line: page, query: *r.poll.query})
	for _, want := range []string{"▸   1 another user", "▸   2 another user", "▸   3 anna"} {
		r.press("j")
		r.shows(want)
		r.hides("c cancel", "> raise")
		r.press("c", "C", "<", ">")
	}
	r.press("k", "enter")
	r.shows("Request –", "another user")
	if len(line.did) > 0 || r.question != nil {
		t.Errorf("it did %q", line.did)
	}
}

// What is said where there is no list.
func TestWaitingNoList(t *testing.T) {
	r, _ := newLineRig(t)
	r.showWaiting(0)
	r.shows("nobody waits", "Waiting 0")
	r.press("j", "end", "pgup", "enter", "c", ">", "f")
	r.shows("nobody waits")
	r.press("/", "x")
	r.answerPoll(sampleOf(1, 0, time.Second))
	r.shows("nobody of these waits", "0 wait in all")
	r.press("esc")
	r.startPoll()
	s := sampleOf(2, 3, time.Second)
	s.At = r.at
	r.send(pollMsg{tag: r.poll.tag, sample: s, query: *r.poll.query, lineFailure: &client.Failure{Words: "this server does not tell who waits"}})
	r.shows("this server does not tell who waits")
	r.hides("asking")
	r.press("1")
	r.shows("user_123") // the users in place of the line
	r.answerPoll(oldWire(sampleOf(3, 3, time.Second)))
	r.press("2")
	if !r.isOpen(r.home) {
		t.Error("the view opens though nobody tells who waits")
	}
}

// Who waits is asked for more rarely after a failure, and no more where the server cannot tell,
// until another one answers.
func TestWhoWaitsIsNotAskedInVain(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		asked string // in 40 polls, in 40 more, and in 40 of another build
	}{
		{"timed out", context.DeadlineExceeded, "2 1 1"},
		{"not offered", client.ErrNotOffered, "1 0 1"},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		var asked []string
		for _, version := range []string{"1.0", "1.0", "1.1"} {
			n := 0
			for range 40 {
				r.startPoll()
				s := sampleOf(0, 3, time.Second)
				s.At, s.Detail.Version = r.at, client.Some(version)
				msg := pollMsg{tag: r.poll.tag, sample: s}
				if r.poll.lineAt.Equal(r.poll.started) {
					n++
					msg.query, msg.lineFailure = *r.poll.query, &client.Failure{Words: "no", Err: c.err}
				}
				r.send(msg)
			}
			asked = append(asked, fmt.Sprint(n))
		}
		if got := strings.Join(asked, " "); got != c.asked {
			t.Errorf("%s: asked %s times, want %s", c.name, got, c.asked)
		}
	}
}

// Figures that are not live are dimmed.
func TestWaitingStale(t *testing.T) {
	r, _ := newLineRig(t)
	r.showWaiting(26, "j", "j")
	r.failPoll("connection refused", "")
	r.shows("UNREACHABLE", "▸   2 user_7")
	row := strings.Split(r.View().Content, "\n")[8]
	if !strings.Contains(row, "user_7") || !strings.Contains(row, "\x1b[2;") {
		t.Errorf("the row is not faint: %q", row)
	}
}

// The details follow the cursor, and say when their request is gone.
func TestWaitingDetails(t *testing.T) {
	r, _ := newLineRig(t)
	r.showWaiting(26, "j", "enter")
	r.shows("Request req_1", "place 1", "the first", "49 s, since ")
	r.press("j")
	r.shows("Request req_2", "place 2, in ≈2.0 s (1.5s–3s)")
	page := r.live.line
	page.Waiting[1].Class, page.Waiting[1].Attempt, page.Waiting[1].CameBack = "high", client.Some(3), true
	page.Waiting[1].Aside, page.Waiting[1].Position, page.Waiting[1].Group = "backoff", client.Some(0), client.NameOf("team-a")
	r.press("k", "j") // of a group it is another one
	r.redraw()
	r.shows("counts as high for its age", "number 3", "it is tried again after a pause", "not in line", "sent again by its client", "team-a", "normal+")
	r.answerPoll(sampleOf(9, 1, time.Second)) // it has started
	r.shows("Request req_2", "it is no longer here")
	r.press("esc")
	r.hides("Request req_2")
	if !r.isOpen(r.waiting) {
		t.Error("esc has left the view")
	}
	r.press("esc")
	if !r.isOpen(r.home) {
		t.Error("esc does not go back")
	}
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r, _ := newLineRig(t)
		r.size(size[0], size[1])
		r.showWaiting(26, "j", "j", "enter")
		r.shows("Request req_2", "user_7", "48 s", "place 2, in ≈2.0 s (1.5s–3s)", "sonnet-5.5", "normal")
	}
}

// What an operator comes for, on a queue in which 26 wait: the keys for it, and what the
// screen says then.
func TestOperatorsTasksInTheLine(t *testing.T) {
	for _, c := range []struct {
		task string
		keys string // as many as are needed
		says []string
		did  []string
	}{
		{"longest waiter", "2 O", []string{"longest first", "  1 user_123"}, nil},                                           // 2 keys
		{"why it waits", "2 O enter", []string{"Request req_1", "output tokens, 0 of 8,000 free", "place 1"}, nil},          // 3 keys
		{"cancel it", "2 O j c y", []string{"cancelled the request of user_123"}, []string{"cancel req_1 of user_123"}},     // 5 keys
		{"raise one", "2 j j >", []string{"the request of user_7 has high priority now"}, []string{"high req_2 of user_7"}}, // 4 keys
		{"whose they are", "2 j f", []string{"Waiting 7 · by turn · only user_123"}, nil},                                   // 3 keys
		{"cancel a user's", "2 j C y", []string{"cancelled 3 requests of user_123"}, []string{"cancel all of user_123"}},    // 4 keys
		{"find a user", "2 / a n n a", []string{`Waiting 6 · by turn · with "anna"`, "26 wait in all"}, nil},                // 2 keys and the name
		{"find a request", "2 / r e q _ 2 6 enter j enter", []string{"Request req_26", "place 26"}, nil},                    // 5 keys and its ID
	} {
		t.Run(c.task, func(t *testing.T) {
			line := &fakeLine{}
			r := newRig(t, Options{Line: line})
			for i, key := range append([]string{""}, strings.Fields(c.keys)...) {
				if key != "" {
					r.does(key)
				}
				if i < len(strings.Fields(c.keys)) || c.did == nil {
					r.answerPoll(overAccount(sampleOf(i, 26, 9600*time.Millisecond)))
				}
			}
			r.shows(c.says...)
			if !slices.Equal(line.did, c.did) {
				t.Errorf("it did %q, want %q", line.did, c.did)
			}
		})
	}
}

// A row that is clicked is selected, and the wheel goes on from there.
func TestWaitingMouse(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {40, 10}} {
		r, _ := newLineRig(t)
		r.size(size[0], size[1])
		r.showWaiting(26)
		list := r.waiting.drawn.list
		r.send(tea.MouseClickMsg{X: 20, Y: list.y + 4, Button: tea.MouseLeft})
		r.shows("▸   3 anna")
		r.send(tea.MouseWheelMsg{X: 20, Y: list.y + 4, Button: tea.MouseWheelDown})
		r.shows("▸   4 ")
		r.send(tea.MouseClickMsg{X: 20, Y: list.y + 1, Button: tea.MouseLeft})
		r.shows("▸   4 ")
	}
}

// The lane stands in the list where there are several.
func TestWaitingLanes(t *testing.T) {
	r, _ := newLineRig(t)
	r.account = true
	r.showWaiting(3)
	r.shows("lane", "sonnet-5.5 ")
	r.account = false
	r.showWaiting(3)
	if head := r.lines()[6]; strings.Contains(head, "lane") {
		t.Errorf("one lane alone is named: %q", head)
	}
}

// What is pasted is looked for as if it were typed, without what a terminal obeys.
func TestWaitingFilterTakesAnyText(t *testing.T) {
	var e entry
	e.add("\x1b[31m"+strings.Repeat("界", 200), anyText())
	if want := "[31m" + strings.Repeat("界", 32); e.text != want {
		t.Errorf("got %q, want %q", e.text, want)
	}
	r, _ := newLineRig(t)
	r.size(40, 10)
	r.showWaiting(3, "/")
	r.waiting.filter = entry{open: true, text: e.text}
	r.redraw()
	r.checkFits(40, 10)
	r.shows("界")
	for range 40 {
		r.press("backspace")
	}
	if r.waiting.filter.text != "" {
		t.Errorf("%q is left", r.waiting.filter.text)
	}
}

// hostileWaiting is the view over what an endpoint could say of those who wait.
func hostileWaiting() scene {
	return scene{"nasty-waiting", func(r *rig) {
		r.showWaiting(5)
		r.startPoll()
		s := sampleOf(3, 5, time.Second)
		page := &client.WaitingPage{Total: client.Some(1 << 62), Matching: client.Some(-5)}
		for i, name := range hostileNames() {
			other := hostileNames()[(i+5)%len(hostileNames())]
			w := client.WaitingRequest{ID: client.NameOf(fmt.Sprint(i) + name), User: client.NameOf(other), Lane: name, Group: client.NameOf(other), Session: name, Priority: other, Class: name, Subagent: i%2 == 0}
			if i%3 > 0 {
				w.Position, w.Waited, w.Attempt = client.Some(1<<62), client.Some[time.Duration](1<<62), client.Some(1<<62)
				w.ETA, w.ETAEarly, w.ETALate = w.Waited, client.Some[time.Duration](-5), w.Waited
				w.Aside, w.Since = name, client.Some(time.Unix(1<<40, 0))
			}
			page.Waiting = append(page.Waiting, w)
		}
		s.At = r.at
		r.send(pollMsg{tag: r.poll.tag, sample: s, line: page, query: *r.poll.query})
		r.press("j", "enter")
	}}
}

// What was selected and has left is not replaced by the crowd of the verdict: a key that was
// meant for one request does not hit another user's.
func TestSelectionThatLeft(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line})
	for i := range 61 {
		r.answerPoll(incident(i))
	}
	r.press("j", "j")
	id := r.home.line.selected
	if id.IsZero() {
		t.Fatal("nothing is selected")
	}
	s := incident(61)
	r.startPoll()
	s.At = r.at
	page := pageOf(s, *r.poll.query)
	page.Waiting = append(page.Waiting[:1:1], page.Waiting[2:]...)
	r.send(pollMsg{tag: r.poll.tag, sample: s, line: page, query: *r.poll.query})
	if !r.home.line.selected.IsZero() {
		t.Fatal("it is still selected")
	}
	run(r.press("<"))
	if len(line.did) > 0 {
		t.Errorf("%q was done to who was not selected", line.did)
	}
}

// An endpoint that tells counters only from now on: nothing can be done to a line that is not in
// sight.
func TestLineIsGoneWithTheDetail(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line, Interval: 500 * time.Millisecond})
	for i := range 4 {
		r.answerPoll(sampleOf(i, 8, time.Second))
	}
	r.press("j")
	for i := range 4 {
		r.startPoll()
		s := oldWire(sampleOf(3+i, 8, time.Second))
		s.At = r.at
		msg := pollMsg{tag: r.poll.tag, sample: s}
		r.send(msg)
		if r.home.act.Cancel.Enabled() {
			t.Errorf("poll %d: cancels what is not in sight", i)
		}
	}
}

// A list that nobody has looked at for a while is asked for anew as soon as somebody does.
func TestListIsRenewed(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}, Interval: 30 * time.Second})
	r.answerPoll(sampleOf(0, 8, time.Second))
	r.answerPoll(sampleOf(1, 8, time.Second))
	r.press("e")
	for i := range 3 {
		r.answerPoll(sampleOf(2+i, 3, time.Second))
	}
	r.advance(time.Second)
	r.press("esc")
	if wait := r.poll.next.Sub(r.at); wait > time.Second {
		t.Errorf("the next poll is in %v", wait)
	}
}

// When a request starts is shown as sure as it is known: in a pause by the API it is not before
// its end.
func TestWhenARequestStarts(t *testing.T) {
	second := func(n int) client.Opt[time.Duration] { return client.Some(time.Duration(n) * time.Second) }
	for _, c := range []struct {
		of           client.WaitingRequest
		list, detail string
	}{
		{client.WaitingRequest{ETA: second(0)}, "now", "not in line, now"},
		{client.WaitingRequest{ETA: second(3), ETAEarly: second(2), ETALate: second(5)}, "≈3s", "not in line, in ≈3.0 s (2s–5s)"},
		{client.WaitingRequest{ETAEarly: second(45)}, "≥45s", "not in line, in 45 s or later: the API pauses the lane until then"},
		{client.WaitingRequest{}, "–", "not in line, nobody knows when"},
	} {
		r := newRig(t, Options{})
		t.Run(c.list, func(t *testing.T) {
			s := r.state()
			if got := startsWords(s.theme, &c.of); got != c.list {
				t.Errorf("got %q", got)
			}
			for _, line := range (&waitingDetail{}).lines(s, &c.of) {
				if line.label == "starts" && line.text != c.detail {
					t.Errorf("got %q, want %q", line.text, c.detail)
				}
			}
		})
	}
}

// Why a request waits for itself alone is said in plain words, which fit in the page of its user.
func TestWhyARequestWaits(t *testing.T) {
	for _, aside := range []string{"backoff", "limit", "overload", "connection"} {
		if words := asideShort(aside); words == aside || width(words) > 18 {
			t.Errorf("%s: got %q", aside, words)
		}
		r := client.WaitingRequest{Aside: aside, ETA: client.Some(3 * time.Second)}
		if got := startsWords(newRig(t, Options{}).state().theme, &r); got != "retry 3s" {
			t.Errorf("%s: in the list got %q", aside, got)
		}
	}
	if got := asideShort("a\x07new one"); got != "anew one" {
		t.Errorf("got %q", got)
	}
}
