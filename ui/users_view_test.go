package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// withRecent is a sample whose users have a last five minutes: the first floods, and of the
// third one requests fail.
func withRecent(s client.Sample) client.Sample {
	s.Detail.Users[0].Waiting.Value += 9
	s.Waiting.Value += 9
	s.Detail.Users[2].Failed = client.Some[int64](3)
	for i, share := range []client.Share{0.52, 0.24, 0.15, 0.09} {
		u := &s.Detail.Users[i]
		r := &client.UserRecent{
			Starts: client.Some(int64(share * 120)), StartsShare: client.Some(share),
			Tokens: client.Some(int64(share * 140_000)), TokensShare: client.Some(share),
			P95Wait: client.Some(time.Duration(9000-1800*i) * time.Millisecond),
		}
		for slot := range 10 {
			r.Waiting = append(r.Waiting, u.Waiting.Value*(slot+i)/(9+i))
		}
		if i == 2 {
			r.Failed = client.List[client.ClassCount]{{Class: "network", Count: client.Some[int64](2)}, {Class: "time-out", Count: client.Some[int64](1)}}
		}
		u.Recent = r
		u.Usage = usedBy(12*int64(i+1), int64(5-i)*1_234_567_890)
	}
	s.Detail.Users[3].Usage.Unpriced = client.Some[int64](3)
	s.Detail.Models = client.List[client.ModelUsage]{
		{Model: "claude-sonnet-5-5", Usage: *usedBy(117, 17_283_950_460)}, {Model: "claude-x", Usage: client.Usage{Calls: client.Some[int64](3), Unpriced: client.Some[int64](3)}},
	}
	at := s.Detail.Events[len(s.Detail.Events)-1].At
	for i, text := range []string{"Request added for user_123 (queue: 12)", "Processing request for user_123 (waited 2.4 s)"} {
		s.Detail.Events = append(s.Detail.Events, client.Event{
			At: at.Add(time.Duration(i+1) * 100 * time.Millisecond), Kind: []queue.Kind{queue.KindAdded, queue.KindStarted}[i], User: "user_123", Text: text,
		})
	}
	return s
}

// usedBy is what so many calls used, and what they cost in nano-dollars.
func usedBy(calls, cost int64) *client.Usage {
	some := client.Some[int64]
	return &client.Usage{
		Calls: some(calls), Input: some(calls * 812), CacheRead: some(calls * 9_400), CacheWrite5m: some(calls * 640), CacheWrite1h: some(calls * 60),
		Output: some(calls * 431), Nanodollars: some(cost), Unpriced: some(0),
	}
}

// showUsers watches a queue with users, and opens their view.
func (r *rig) showUsers(waiting int) {
	for i := range 40 {
		r.answerPoll(withRecent(sampleOf(i, waiting, 2400*time.Millisecond)))
	}
	r.press("3")
}

// showUser opens the page of the user under the cursor, as the line tells of it.
func (r *rig) showUser() {
	r.press("enter")
	u := r.users.list.user()
	page := &client.WaitingPage{}
	for i := range u.Waiting.Value {
		page.Waiting = append(page.Waiting, client.WaitingRequest{
			ID: client.NameOf(fmt.Sprintf("req_%d", i)), User: u.Name, Lane: "sonnet-5.5", Priority: "normal", Position: client.Some(2*i + 1),
			Waited: client.Some(time.Duration(57-2*i) * time.Second), ETA: client.Some(time.Duration(3*i) * time.Second),
		})
	}
	r.send(userLineMsg{u.Name, page})
}

// The key is there only where users are told of.
func TestUsersKey(t *testing.T) {
	none := sampleOf(0, 1, time.Second)
	none.Detail.Users, none.Detail.ActiveUsers = nil, client.Opt[int]{}
	checkViewKey(t, "3", "users", func(r *rig) view { return r.users }, []viewKeyCase{
		{"old wire", oldWire(sampleOf(0, 1, time.Second)), false},
		{"no users told", none, false},
		{"some", sampleOf(0, 1, time.Second), true},
	})
}

// Keys in the view: who is selected, whose page is open after.
func TestUsersKeys(t *testing.T) {
	for _, c := range []struct {
		keys, selected, page string
		open                 bool
	}{
		{"", "anna@example.org", "", true}, // whose requests fail
		{"j", "user_123", "", true},
		{"down j k", "user_123", "", true},
		{"G", "界面测试用户", "", true},
		{"G up", "user_7", "", true},
		{"G home", "anna@example.org", "", true},
		{"pgdown", "界面测试用户", "", true},
		{"pgdown pgup", "anna@example.org", "", true},
		{"j enter", "user_123", "user_123", true},
		{"j enter j j k", "user_123", "user_123", true}, // the page scrolls
		{"j enter esc", "user_123", "", true},
		{"j enter q", "user_123", "", true},
		{"j enter esc esc", "user_123", "", false},
		{"j enter 3", "user_123", "user_123", false},
		{"j esc 3", "anna@example.org", "", true}, // it begins anew
		{"esc", "anna@example.org", "", false},
		{"q", "anna@example.org", "", false},
		{"3", "anna@example.org", "", false},
	} {
		t.Run(c.keys, func(t *testing.T) {
			r := newRig(t, Options{Line: &fakeLine{}})
			r.showUsers(8)
			r.press(strings.Fields(c.keys)...)
			if got := r.users.list.selected.String(); got != c.selected || r.users.user.name.String() != c.page || r.isOpen(r.users) != c.open {
				t.Errorf("got %q, page %q, open %v, want %q, %q, %v", got, r.users.user.name.String(), r.isOpen(r.users), c.selected, c.page, c.open)
			}
		})
	}
}

// Who fails is first, then who waits most; the cursor stays on its user while they move.
func TestUsersOrder(t *testing.T) {
	r := newRig(t, Options{})
	r.showUsers(8)
	order := func() (names []string) {
		for _, u := range r.users.list.rows {
			names = append(names, u.Name.String())
		}
		return names
	}
	if got, want := order(), []string{"anna@example.org", "user_123", "user_7", "界面测试用户"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	r.press("j")
	s := withRecent(sampleOf(41, 8, time.Second))
	s.Detail.Users[3].Recent.Failed = client.List[client.ClassCount]{{Class: "network", Count: client.Some[int64](9)}}
	s.Detail.Users[1].Waiting = client.Some(40)
	r.answerPoll(s)
	if got, want := order(), []string{"界面测试用户", "anna@example.org", "user_7", "user_123"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := r.users.list.selected.String(); got != "user_123" {
		t.Errorf("the cursor is on %q, want user_123", got)
	}
	s.Detail.Users = s.Detail.Users[1:]
	r.answerPoll(s)
	if got := r.users.list.target(); !got.isZero() {
		t.Errorf("who has gone is still hit: %+v", got)
	}
}

// Who may not see the names of others can go through their rows, though these are all called
// the same.
func TestUsersOfOneName(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 8, time.Second)
	for i := range s.Detail.Users {
		s.Detail.Users[i].Name = client.NameOf("another user")
	}
	r.answerPoll(s)
	r.press("3", "j", "j")
	if got := r.users.list.index(); got != 2 {
		t.Errorf("the cursor is in row %d, want 2", got)
	}
	if n := strings.Count(r.text(), "▸"); n != 1 {
		t.Errorf("%d rows are marked, want 1", n)
	}
}

// What an operator does about a user: cancel all that wait, lower or raise them.
func TestUsersActions(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line})
	r.showUsers(8)
	r.press("j", "c")
	r.shows("Cancel all 11 waiting requests of user_123?")
	run(r.press("y"))
	r.press(">")
	r.shows("Give high priority to all 11 waiting requests of user_123?")
	run(r.press("y"))
	run(r.press("enter"))
	r.press("<")
	run(r.press("y"))
	if want := []string{"cancel all of user_123", "high all of user_123", "low all of user_123"}; !slices.Equal(line.did, want) {
		t.Errorf("got %v, want %v", line.did, want)
	}
	s := withRecent(sampleOf(41, 0, time.Second))
	s.Detail.Users[0].Waiting = client.Some(0)
	r.answerPoll(s)
	r.press("esc")
	r.offers("c", "cancel", "nothing waits", false)
}

// lineOfUser is a Line that notes whose requests were asked for.
type lineOfUser struct {
	fakeLine
	asked []client.WaitingQuery
}

func (l *lineOfUser) Waiting(_ context.Context, q client.WaitingQuery) (client.WaitingPage, error) {
	l.asked = append(l.asked, q)
	return client.WaitingPage{Waiting: []client.WaitingRequest{{ID: client.NameOf("r1"), User: q.User, Waited: client.Some(7 * time.Second)}}}, nil
}

// A user's requests are asked for when their page opens and after each poll, one question at
// a time, and only while it is open. An answer about another user is not theirs.
func TestUserPageAsks(t *testing.T) {
	line := &lineOfUser{}
	r := newRig(t, Options{Line: line})
	r.showUsers(8)
	r.press("j")
	answers := run(r.press("enter"))
	if len(line.asked) != 1 || line.asked[0] != (client.WaitingQuery{User: client.NameOf("user_123"), Limit: 100}) {
		t.Fatalf("asked %+v, want user_123's", line.asked)
	}
	if e := r.users.receive(pollMsg{}, r.state(), true); e.call != nil {
		t.Error("asked twice at a time")
	}
	for _, msg := range answers {
		r.send(msg)
	}
	r.shows("waited 7s")
	if e := r.users.receive(pollMsg{}, r.state(), true); e.call == nil {
		t.Error("not asked after a poll")
	}
	r.send(userLineMsg{client.NameOf("user_7"), &client.WaitingPage{}})
	r.shows("waited 7s")
	r.press("esc")
	if e := r.users.receive(pollMsg{}, r.state(), true); e.call != nil {
		t.Error("asked for a page that is closed")
	}
}

// A user's page has the class of what failed, the troubles of the day and what the user did.
func TestUserPage(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	r.showUsers(8)
	s := withRecent(sampleOf(41, 8, time.Second))
	s.Detail.Events = append(s.Detail.Events, client.Event{
		At: noon().Add(4 * time.Minute), Kind: queue.KindFailed, User: "anna@example.org", Text: "Request failed for anna@example.org: connection refused",
	})
	r.answerPoll(s)
	r.showUser()
	r.shows("anna@example.org", "failed: 2 network, 1 time-out", "p95 wait 5.4 s", "15% of all", "14:04:00 ❌ Request failed: connection refused", "starts in")
}

// The task "who floods": one key from the overview. The first row that does not fail is who
// waits most, and their share of the starts is beside it.
func TestTaskWhoFloods(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	for i := range 5 {
		s := withRecent(sampleOf(i, 8, 2400*time.Millisecond))
		s.Detail.Users[2].Recent.Failed = nil
		r.answerPoll(s)
	}
	r.press("3")
	for i, line := range r.lines() {
		if strings.Contains(line, "waiting  oldest") {
			if row := r.lines()[i+1]; !strings.Contains(row, "user_123") || !strings.Contains(row, "52%") || !strings.Contains(row, " 11 ") {
				t.Errorf("got %q, want user_123 with 11 waiting and 52%% of the starts", row)
			}
			return
		}
	}
	t.Errorf("no list in\n%s", r.text())
}

// The task "the cause of the failures": one key says who and which class, and another one
// what each of them was.
func TestTaskCauseOfFailures(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	r.showUsers(8)
	for i, line := range r.lines() {
		if strings.Contains(line, "waiting  oldest") {
			if row := r.lines()[i+1]; !strings.Contains(row, "anna@example.org") || !strings.Contains(row, "2 network") {
				t.Errorf("got %q, want anna with 2 network", row)
			}
		}
	}
	r.press("enter")
	r.shows("failed: 2 network, 1 time-out")
}

// hostileUsers is the users view over what an endpoint could say of them.
func hostileUsers() scene {
	return scene{"nasty-users", func(r *rig) {
		s := withRecent(sampleOf(0, 8, time.Second))
		names := hostileNames()
		for i, name := range names {
			other := names[(i+3)%len(names)]
			s.Detail.Users = append(s.Detail.Users, client.User{
				Name: client.NameOf(name), Waiting: client.Some(1 << 40), Failed: client.Some[int64](1 << 62), Oldest: client.Some[time.Duration](1 << 62),
				Recent: &client.UserRecent{
					Starts: client.Some[int64](1 << 62), StartsShare: client.Some[client.Share](1), P95Wait: client.Some[time.Duration](1 << 62),
					Failed: client.List[client.ClassCount]{{Class: queue.ClassName(other), Count: client.Some[int64](1 << 62)}}, Waiting: client.List[int]{1 << 62, 0, 1},
				},
			})
			s.Detail.Events = append(s.Detail.Events, client.Event{At: noon(), Kind: queue.KindFailed, User: client.NameOf(name).String(), Text: name + other})
		}
		r.answerPoll(s)
		r.press("3")
	}}
}

// A user who comes back is told of again, on the page that was opened about them.
func TestUserPageComesBack(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	r.showUsers(8)
	r.press("j", "enter")
	r.shows("Users · user_123")
	s := withRecent(sampleOf(41, 8, time.Second))
	without := s
	d := *s.Detail
	d.Users = d.Users[1:]
	without.Detail = &d
	r.answerPoll(without)
	r.shows("does not list this user any more")
	r.answerPoll(s)
	r.hides("does not list this user any more")
	r.press("c")
	r.shows("waiting requests of user_123?")
}

// Who opens another user's page before the answer about the first has come is told of them then.
func TestUserPageAsksForTheNextOne(t *testing.T) {
	line := &lineOfUser{}
	r := newRig(t, Options{Line: line})
	r.showUsers(8)
	first := r.press("enter")
	r.press("esc", "j", "enter")
	for _, msg := range run(first) {
		for _, next := range run(r.send(msg)) {
			r.send(next)
		}
	}
	r.hides("which requests is not told")
	r.shows("Users · user_123", "waited 7s")
}

// The users open on whom the verdict names: the words there say "3, then c", and who fails
// stands first.
func TestUsersOpenOnTheCrowd(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line})
	s := incident(60)
	s.Detail.Users[len(s.Detail.Users)-1].Recent = &client.UserRecent{Failed: client.List[client.ClassCount]{{Class: "network", Count: client.Some[int64](2)}}}
	r.answerPoll(s)
	r.press("2")
	r.shows("cancel the 21 of alice@example.com, or lower their priority: 3, then c or <")
	r.press("3")
	r.shows("▸ alice@example.com", "c cancel the 21 of alice@example.com")
	r.press("g")
	r.shows("choose them, then c or <")
	r.hides("▸ alice@example.com", "3, then c")
}

// One cursor at a time: a key hits what it is on, and nobody where that has nothing waiting.
func TestOneCursorOnTheOverview(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line})
	r.answerPoll(incident(60))
	r.press("down", "tab", "down")
	if n := strings.Count(r.text(), "▸ "); n != 1 {
		t.Errorf("%d cursors in\n%s", n, r.text())
	}
	r.press("G")       // erin or frank, of whom nobody waits
	for i := range 5 { // not only for a moment
		r.answerPoll(incident(61 + i))
	}
	if r.does("c"); r.question != nil || len(line.did) > 0 {
		t.Errorf("c asks about somebody else:\n%s", r.text())
	}
}

// Where not all users are listed, the screen says how many there are, and the verdict how many
// wait beside the one that it names.
func TestMoreUsersThanAreListed(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 8, 2*time.Second)
	s.Detail.UsersTotal, s.Detail.UsersWaiting = client.Some(203), client.Some(142)
	r.answerPoll(s)
	r.shows("Users 4 of 203", "15 s, user_123, and 141 others wait")
	r.size(80, 24)
	r.shows("141 others wait")
	r.press("3")
	r.shows("Users 4 of 203")
	s.Detail.UsersTotal, s.Detail.UsersWaiting = client.Opt[int]{}, client.Opt[int]{} // an older server
	r.answerPoll(s)
	r.shows("Users 4 ")
	r.press("1")
	r.hides("others wait", " of 203")
}
