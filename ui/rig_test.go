package ui

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

func TestMain(m *testing.M) {
	// The first signal.Notify starts a goroutine of the runtime; inside a
	// synctest bubble that would be the bubble's and never end.
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	os.Exit(m.Run())
}

// noon is when every test begins.
func noon() time.Time { return time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC) }

// fakeSource is a Source that says what a function says, and counts.
type fakeSource struct {
	mu     sync.Mutex
	polls  int
	resets int
	busy   int // polls in flight
	most   int // at the same time
	poll   func(ctx context.Context, n int) (client.Sample, error)
	reset  error
}

func (s *fakeSource) Poll(ctx context.Context) (client.Sample, error) {
	s.mu.Lock()
	n := s.polls
	s.polls++
	s.busy++
	s.most = max(s.most, s.busy)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	}()
	return s.poll(ctx, n)
}

func (s *fakeSource) Reset(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resets++
	return s.reset
}

func (s *fakeSource) Close() error { return nil }
func (s *fakeSource) Name() string { return "queue.example:3000" }

func (s *fakeSource) counts() (polls, resets, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polls, s.resets, s.most
}

// fakeTuner is a Tuner that notes what it was told.
type fakeTuner struct {
	got   [][]client.Change // in each request
	paces []string
	err   error
}

func (f *fakeTuner) SetPace(_ context.Context, pace string) error {
	f.paces = append(f.paces, pace)
	return f.err
}

func (f *fakeTuner) Tune(_ context.Context, changes []client.Change) error {
	f.got = append(f.got, changes)
	return f.err
}

// fakeResumer is a Resumer that notes what it was asked.
type fakeResumer struct {
	got []string
	err error
}

func (f *fakeResumer) Resume(_ context.Context, lane string) error {
	f.got = append(f.got, lane)
	return f.err
}

// fakeDemo is a Demo that notes what it was told.
type fakeDemo struct {
	did    []string
	outage bool
	spaced bool
}

func (d *fakeDemo) Add()   { d.did = append(d.did, "add") }
func (d *fakeDemo) Burst() { d.did = append(d.did, "burst") }
func (d *fakeDemo) SetOutage(on bool) {
	d.outage, d.did = on, append(d.did, fmt.Sprintf("outage %v", on))
}
func (d *fakeDemo) Outage() bool { return d.outage }
func (d *fakeDemo) SetSpaced(on bool) {
	d.spaced, d.did = on, append(d.did, fmt.Sprintf("spaced %v", on))
}
func (d *fakeDemo) Spaced() bool  { return d.spaced }
func (d *fakeDemo) Scene() string { return "calm" }

// rig is a model at a time of its own. Commands are returned, not run.
type rig struct {
	*testing.T
	*Model
	at       time.Time
	settings *settingsView
	waiting  *waitingView
	lanes    *lanesView
	advice   *adviceView
	users    *usersView
	events   *eventsView
	account  bool            // each sample that tells no lanes is as over an account
	told     client.Settings // in place of a sample's; nil: those of the sample
}

func newRig(t *testing.T, o Options) *rig {
	if o.Source == nil {
		o.Source = &fakeSource{}
	}
	o.Zone = time.UTC
	r := &rig{T: t, Model: New(o), at: noon()}
	for _, v := range r.views {
		switch v := v.view.(type) {
		case *settingsView:
			r.settings = v
		case *waitingView:
			r.waiting = v
		case *lanesView:
			r.lanes = v
		case *adviceView:
			r.advice = v
		case *usersView:
			r.users = v
		case *eventsView:
			r.events = v
		}
	}
	r.poll.random = func() float64 { return 0 }
	r.poll.timer = func(context.Context, time.Duration, tea.Msg) tea.Cmd { return nil } // time is the test's
	r.init(r.at)
	r.send(tea.ColorProfileMsg{Profile: colorprofile.TrueColor})
	r.size(120, 36)
	return r
}

// isOpen reports whether a view is on the screen.
func (r *rig) isOpen(v view) bool { return r.current == v }

// help returns the keys of the view that is on the screen.
func (r *rig) help() viewHelp { return r.current.help(&r.keys) }

func (r *rig) send(msg tea.Msg) tea.Cmd { return r.handle(msg, r.at) }

func (r *rig) size(w, h int) { r.send(tea.WindowSizeMsg{Width: w, Height: h}) }

func (r *rig) advance(d time.Duration) { r.at = r.at.Add(d) }

// startPoll lets the time pass until the next poll begins.
func (r *rig) startPoll() {
	if r.poll.inFlight {
		return
	}
	if r.poll.next.After(r.at) {
		r.at = r.poll.next
	}
	r.send(duePollMsg{r.poll.tag})
}

// answerPoll answers the next poll.
func (r *rig) answerPoll(s client.Sample) {
	r.startPoll()
	s.At = r.at
	if r.account && s.Detail != nil && s.Detail.Lanes == nil {
		s = overAccount(s)
	}
	if r.told != nil && s.Detail != nil {
		s.Detail.Settings = r.told
	}
	msg := pollMsg{tag: r.poll.tag, sample: s}
	if r.poll.line != nil && r.poll.query != nil && s.Detail != nil {
		msg.query = *r.poll.query
		msg.line = pageOf(s, msg.query)
	}
	r.send(msg)
}

// pageOf is what a query about who waits is answered that goes with a sample: the users take
// turns.
func pageOf(s client.Sample, q client.WaitingQuery) *client.WaitingPage {
	var all []client.WaitingRequest
	listed := map[client.Name]int{}
	for more := true; more; {
		more = false
		for _, u := range s.Detail.Users {
			if listed[u.Name] >= u.Waiting.Value || len(all) == 10_000 {
				continue
			}
			more = true
			n := len(all)
			listed[u.Name]++
			waited, eta := max(u.Oldest.Value-time.Duration(listed[u.Name]-1)*1900*time.Millisecond, 0), time.Duration(n)*2*time.Second
			all = append(all, client.WaitingRequest{
				ID: client.NameOf(fmt.Sprintf("req_%d", n+1)), User: u.Name, Lane: "sonnet-5.5", Priority: "normal",
				Position: client.Some(n + 1), Waited: client.Some(waited), Since: client.Some(s.Timestamp.Value.Add(-waited)),
				ETA: client.Some(eta), ETAEarly: client.Some(eta * 3 / 4), ETALate: client.Some(eta * 3 / 2), Attempt: client.Some(1),
			})
		}
	}
	if q.LongestFirst {
		slices.SortStableFunc(all, func(a, b client.WaitingRequest) int { return cmp.Compare(b.Waited.Value, a.Waited.Value) })
	}
	all = slices.DeleteFunc(all, func(r client.WaitingRequest) bool {
		text := r.ID.String() + "\n" + r.User.String() + "\n" + r.Lane + "\n" + r.Priority
		return !q.User.IsZero() && r.User != q.User || !strings.Contains(strings.ToLower(text), strings.ToLower(q.Text))
	})
	page := &client.WaitingPage{Total: s.Waiting, Matching: client.Some(len(all))}
	from := min(q.Offset, len(all))
	page.Waiting = all[from:min(from+q.Limit, len(all))]
	return page
}

// fakeLine is a Line that notes what it was asked.
type fakeLine struct {
	did []string
	err error
}

func (l *fakeLine) Waiting(context.Context, client.WaitingQuery) (client.WaitingPage, error) {
	return client.WaitingPage{}, l.err
}

func (l *fakeLine) Cancel(_ context.Context, r client.RequestRef) error {
	l.did = append(l.did, "cancel "+requestWords(r))
	return l.err
}

func (l *fakeLine) CancelUser(_ context.Context, user client.Name) (int, error) {
	l.did = append(l.did, "cancel all of "+user.String())
	return 3, l.err
}

func (l *fakeLine) SetPriority(_ context.Context, r client.RequestRef, priority string) error {
	l.did = append(l.did, priority+" "+requestWords(r))
	return l.err
}

func (l *fakeLine) SetUserPriority(_ context.Context, user client.Name, priority string) (int, error) {
	l.did = append(l.did, priority+" all of "+user.String())
	return 3, l.err
}

// requestWords say which request is meant, and whose it is.
func requestWords(r client.RequestRef) string {
	words := r.ID.String() + " of " + r.User.String()
	if !r.Group.IsZero() {
		words += " in " + r.Group.String()
	}
	return words
}

// failPoll fails the next poll.
func (r *rig) failPoll(words, hint string) {
	r.startPoll()
	r.send(pollMsg{tag: r.poll.tag, failure: &client.Failure{Words: words, Hint: hint}})
}

// press types keys, named as in the help.
func (r *rig) press(keys ...string) tea.Cmd {
	var cmd tea.Cmd
	for _, k := range keys {
		cmd = r.send(keyOf(k))
	}
	return cmd
}

func keyOf(name string) tea.KeyPressMsg {
	switch name {
	case "space":
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	case "tab":
		return tea.KeyPressMsg{Code: tea.KeyTab}
	case "esc":
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "backspace":
		return tea.KeyPressMsg{Code: tea.KeyBackspace}
	case "left":
		return tea.KeyPressMsg{Code: tea.KeyLeft}
	case "right":
		return tea.KeyPressMsg{Code: tea.KeyRight}
	case "pgup":
		return tea.KeyPressMsg{Code: tea.KeyPgUp}
	case "pgdown":
		return tea.KeyPressMsg{Code: tea.KeyPgDown}
	case "home":
		return tea.KeyPressMsg{Code: tea.KeyHome}
	case "end":
		return tea.KeyPressMsg{Code: tea.KeyEnd}
	case "ctrl+u":
		return tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}
	case "shift+left":
		return tea.KeyPressMsg{Code: tea.KeyLeft, Mod: tea.ModShift}
	case "shift+right":
		return tea.KeyPressMsg{Code: tea.KeyRight, Mod: tea.ModShift}
	case "up":
		return tea.KeyPressMsg{Code: tea.KeyUp}
	case "down":
		return tea.KeyPressMsg{Code: tea.KeyDown}
	case "ctrl+c":
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	case "ctrl+z":
		return tea.KeyPressMsg{Code: 'z', Mod: tea.ModCtrl}
	default:
		return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
	}
}

// text is the screen without its styles.
func (r *rig) text() string { return plainText(r.View().Content) }

func (r *rig) lines() []string { return strings.Split(r.text(), "\n") }

// shows fails the test unless the screen says each of the words.
func (r *rig) shows(words ...string) {
	r.Helper()
	for _, w := range words {
		if text := r.text(); !strings.Contains(text, w) {
			r.Errorf("the screen does not say %q:\n%s", w, text)
		}
	}
}

// hides fails the test if the screen says one of the words.
func (r *rig) hides(words ...string) {
	r.Helper()
	for _, w := range words {
		if text := r.text(); strings.Contains(text, w) {
			r.Errorf("the screen says %q:\n%s", w, text)
		}
	}
}

// offers checks whether a key is shown, among the keys and in the help.
func (r *rig) offers(key, what, name string, want bool) {
	r.Helper()
	words := key + " " + what                                                                                       // in the last row
	if number := map[string]string{"2": "2", "3": "3", "l": "4", "e": "5", "s": "6", "A": "7"}[key]; number != "" { // a tab
		words = number + " " + human.Capitalize(what)
	}
	if got := strings.Contains(r.text(), words); got != want {
		r.Errorf("%s: the key is shown: %v, want %v", name, got, want)
	}
	r.press("?")
	if got := strings.Contains(r.text(), what); got != want {
		r.Errorf("%s: the key is in the help: %v, want %v", name, got, want)
	}
	r.press("?")
}

// viewKeyCase is whether a key opens a view when an endpoint says this.
type viewKeyCase struct {
	name   string
	sample client.Sample
	want   bool
}

// checkViewKey checks when the key that opens a view is offered, and works.
func checkViewKey(t *testing.T, key, what string, of func(*rig) view, cases []viewKeyCase) {
	t.Helper()
	for _, c := range cases {
		r := newRig(t, Options{})
		r.press(key)
		if r.isOpen(of(r)) {
			t.Errorf("%s: open before anything is known", c.name)
		}
		r.answerPoll(c.sample)
		r.offers(key, what, c.name, c.want)
		r.press(key)
		if r.isOpen(of(r)) != c.want {
			t.Errorf("%s: open %v, want %v", c.name, r.isOpen(of(r)), c.want)
		}
	}
}

// quits checks that the keys, the last of them, leave the program.
func (r *rig) quits(keys string) {
	r.Helper()
	cmd := r.press(strings.Fields(keys)...)
	if cmd == nil {
		r.Fatalf("%q does nothing", keys)
	}
	if _, quits := cmd().(tea.QuitMsg); !quits {
		r.Errorf("%q does not leave", keys)
	}
}

// sampleOf is what an endpoint says with so many waiting, n polls after noon.
func sampleOf(n, waiting int, average time.Duration) client.Sample {
	at := noon().Add(time.Duration(n) * 5 * time.Second)
	d := &client.Detail{
		Uptime: client.Some(client.Uptime(time.Hour + time.Duration(n)*5*time.Second)), Resets: client.Some[int64](0),
		Running: client.Some(3), Cancelled: client.Some[int64](2), Refused: client.Some[int64](0),
		Retries: client.Some[int64](4), RateLimited: client.Some[int64](1), PerMinute: client.Some(23.4),
		NextStart: client.Some(640 * time.Millisecond),
		Wait: client.Quantiles{
			Count: client.Some[int64](90), Average: client.Some(average),
			P50: client.Some(average * 8 / 10), P95: client.Some(average * 2), P99: client.Some(average * 3),
		},
		Response: client.Quantiles{Count: client.Some[int64](90), P50: client.Some(3400 * time.Millisecond)},
		Recent:   client.Recent{RecentFinished: client.Some(20), RecentRate: client.Some[client.Share](0.95)},
		Capacity: client.Capacity{ActiveUsers: client.Some(4), Band: client.Some("Good"), Expected: client.Some("3-8 s"), Feels: client.Some("Good")},
		Settings: client.SettingsOf(queue.DefaultSettings()),
	}
	names := []string{"user_123", "user_7", "anna@example.org", "界面测试用户"}
	for i, name := range names {
		u := client.User{
			Name: client.NameOf(name), Waiting: client.Some(waiting / len(names)), Running: client.Some(i % 2),
			Done: client.Some(int64(40 - i)), Failed: client.Some(int64(i)),
			LastWait: client.Some(time.Duration(1200+400*i) * time.Millisecond),
		}
		if i < waiting%len(names) {
			u.Waiting.Value++
		}
		if u.Waiting.Value > 0 {
			u.Oldest = client.Some(time.Duration(waiting-i) * 1900 * time.Millisecond)
		}
		d.Users = append(d.Users, u)
	}
	d.UsersTotal, d.UsersWaiting = client.Some(len(names)), client.Some(min(waiting, len(names)))
	if waiting > 0 {
		d.OldestWait = client.Some(time.Duration(waiting) * 1900 * time.Millisecond)
		d.Oldest = &client.OldestRequest{ID: "req_1", User: names[0], Lane: "sonnet-5.5", Waited: d.OldestWait}
		d.EmptyIn = client.Some(time.Duration(waiting) * 2 * time.Second)
		d.EmptyLate = client.Some(d.EmptyIn.Value * 3 / 2)
	}
	if waiting >= 6 {
		d.Since = client.Some(noon().Add(-2 * time.Minute))
	}
	d.ArrivalsPerMinute, d.StartsPerMinute = client.Some(24), client.Some(24)
	d.Measured = &client.MeasuredBand{
		Band: client.Some(queue.BandForWait(average * 2).Name), Feels: client.Some(queue.BandForWait(average * 2).Feels),
		P95: client.Some(average * 2), Starts: client.Some[int64](24),
	}
	d.Slices = append(d.Slices, client.Slice{
		At: client.Some(at), Length: client.Some(5 * time.Second), Waiting: client.Some(waiting), Oldest: client.Some(d.OldestWait.Value),
		Arrivals: client.Some[int64](2), Starts: client.Some[int64](2), Median: client.Some(average), Longest: client.Some(average * 2),
		Waits:      []client.WaitCount{{AtMost: client.Some(average), Count: client.Some[int64](1)}, {AtMost: client.Some(average * 2), Count: client.Some[int64](1)}},
		Successful: client.Some[int64](2), RateLimited: client.Some(int64(n % 20 / 19)),
	})
	for i := max(0, n-39); i <= n; i++ {
		at, user := noon().Add(time.Duration(i)*5*time.Second), i%4
		kind, text := queue.KindCompleted, fmt.Sprintf("Request completed for user_%d", user)
		switch i % 5 {
		case 1:
			kind, text = queue.KindAdded, fmt.Sprintf("Request added for user_%d (queue: %d)", user, waiting)
		case 2:
			kind, text = queue.KindStarted, fmt.Sprintf("Processing request for user_%d (waited 2.4 s)", user)
		case 3:
			kind, text = queue.KindSpacing, fmt.Sprintf("Waiting 1.9 s before next request (queue: %d)", waiting)
		case 4:
			if i%10 == 4 {
				kind, text = queue.KindFailed, fmt.Sprintf("Request failed for user_%d: overloaded", user)
			}
		}
		d.Events = append(d.Events, client.Event{At: at, Kind: kind, Text: text})
	}
	d.EventsTotal = client.Some(int64(n + 1))
	return client.Sample{
		Took: 3 * time.Millisecond, Status: client.Some("healthy"), Timestamp: client.Some(at),
		Metrics: client.Metrics{
			Total: client.Some(int64(1240 + n)), Successful: client.Some(int64(1180 + n)), Failed: client.Some[int64](54),
			Rate: client.Some(0.956), Average: client.Some(average), Waiting: client.Some(waiting),
			LastProcessed: client.Some(at.Add(-2 * time.Second)),
		},
		Health: client.Health{IsHealthy: client.Some(true), Message: client.Some("Queue is processing normally")},
		Detail: d,
	}
}

// oldWire is a sample as from an endpoint that tells no detail.
func oldWire(s client.Sample) client.Sample {
	s.Detail = nil
	return s
}

// watch polls n times with a line that swells and shrinks.
func (r *rig) watch(n, level int, average time.Duration) {
	for i := range n {
		r.answerPoll(sampleOf(i, level+[]int{0, 1, 2, 2, 1, 0}[i/3%6], average))
	}
}

// tune watches a queue that can be tuned and tells these settings, and opens them.
func (r *rig) tune(level int, told client.Settings) {
	r.settings.tuner = newTuner(&fakeTuner{})
	r.told = told
	r.watch(61, level, 2400*time.Millisecond)
	r.press("s")
}

// someSettings are those of a server that has not all of the table, so that a new row
// changes no frame but those that are about the whole list.
func someSettings() client.Settings {
	some, all := client.Settings{}, defaults()
	for _, path := range []string{
		"minDelayMs", "stepMs", "maxDelayMs", "maxInFlight", "maxRunMs", "maxQueue", "maxWaitMs", "attempts",
		"thresholds.warnWaiting", "thresholds.warnSuccess",
	} {
		some[path] = all[path]
	}
	return some
}

// overAccount is a sample as from a server in front of an account whose limits are known.
func overAccount(s client.Sample) client.Sample {
	d, waiting := s.Detail, s.Waiting.Value
	d.Lanes = []client.Lane{
		{
			Name: "sonnet-5.5", Pace: client.Some("adaptive"), Waiting: client.Some(waiting), Running: client.Some(3), MaxInFlight: client.Some(1000),
			NextStart: d.NextStart, Limits: []client.Limit{
				{Kind: "requests", PerMinute: client.Some[int64](50), Free: client.Some[client.Balance](16), FullIn: client.Some(40 * time.Second)},
				{Kind: "input tokens", PerMinute: client.Some[int64](30_000), Free: client.Some[client.Balance](1700), FullIn: client.Some(56 * time.Second)},
				{Kind: "output tokens", PerMinute: client.Some[int64](8000), Free: client.Some[client.Balance](0), FullIn: client.Some(time.Minute)},
			},
		},
		{Name: "haiku-5.5", Pace: client.Some("adaptive"), Waiting: client.Some(0), Running: client.Some(0), MaxInFlight: client.Some(1000)},
	}
	if waiting > 0 {
		d.Lanes[0].WaitsFor = client.Some("output tokens")
		d.Binds = &client.Binding{Lane: "sonnet-5.5", Kind: "output tokens", Free: client.Some[client.Balance](0), PerMinute: client.Some[int64](8000)}
	}
	return s
}

// showPast plays an incident after an earlier one, and presses keys.
func (r *rig) showPast(keys ...string) {
	r.Helper()
	for i := range 61 {
		r.answerPoll(incident(i))
		if i == 0 {
			r.send(pastMsg{past: anEarlierIncident()})
		}
	}
	r.press(keys...)
}

// anEarlierIncident is what an endpoint tells of the half hour before noon: a quarter of an
// hour ago half of the calls failed for two minutes.
func anEarlierIncident() client.Past {
	since := noon().Add(-30 * time.Minute)
	past := client.Past{Since: client.Some(since), Until: client.Some(noon()), Step: client.Some(5 * time.Second)}
	for n := range 360 {
		at := since.Add(time.Duration(n) * 5 * time.Second)
		s := incident(n % 7).Detail.Slices[0]
		s.At, s.Level, s.Message = client.Some(at), client.Healthy, ""
		if n >= 180 && n < 204 {
			s = incident(20 + n - 180).Detail.Slices[0]
			s.At, s.Level, s.Message = client.Some(at), client.Warning, "High failure rate (50.0% of the last 20 succeeded)"
			s.Failed, s.Failures = client.Some[int64](3), []client.ClassCount{{Class: "network", Count: client.Some[int64](3)}}
			if n >= 190 && n < 196 {
				s.Level, s.Message = client.Critical, "Nothing succeeds (12 failed in a row)"
				s.Successful = client.Some[int64](0)
			}
		}
		past.Slices = append(past.Slices, s)
	}
	return past
}

// incident is the n-th poll of an hour of trouble: one user sends far more than the others,
// and the line grows.
func incident(n int) client.Sample {
	waiting := min(2+n*24/60, 26)
	s := overAccount(sampleOf(n, waiting, time.Duration(1200+170*n)*time.Millisecond))
	d := s.Detail
	d.Users, d.Events = nil, nil
	others := min(waiting, 5)
	for _, u := range []struct {
		name    string
		waiting int
		oldest  time.Duration
	}{
		{"alice@example.com", waiting - others, time.Duration(n*57/60) * time.Second},
		{"carol", min(others, 2), 2400 * time.Millisecond},
		{"user_103", max(min(others-2, 1), 0), 13 * time.Second},
		{"dave", max(min(others-3, 1), 0), 900 * time.Millisecond},
		{"user_7", max(others-4, 0), 600 * time.Millisecond},
		{"erin", 0, 0}, {"frank", 0, 0},
	} {
		user := client.User{
			Name: client.NameOf(u.name), Waiting: client.Some(u.waiting), Running: client.Some(0), Done: client.Some(int64(12 + len(u.name))),
			Failed: client.Some[int64](0), LastWait: client.Some(u.oldest / 2),
		}
		if u.waiting > 0 {
			user.Oldest = client.Some(u.oldest)
		}
		d.Users = append(d.Users, user)
	}
	alice := d.Users[0]
	d.OldestWait = alice.Oldest
	d.Oldest = &client.OldestRequest{ID: "req_1", User: "alice@example.com", Lane: "sonnet-5.5", Waited: alice.Oldest}
	if alice.Waiting.Value > 8 {
		d.Crowd = &client.Crowd{User: alice.Name, Waiting: alice.Waiting, OldestWait: alice.Oldest, OthersOldest: client.Some(13 * time.Second)}
	}
	d.ArrivalsPerMinute, d.StartsPerMinute = client.Some(71), client.Some(65)
	d.EmptyIn, d.EmptyEarly, d.EmptyLate = client.Some(35*time.Second), client.Some(34*time.Second), client.Some(37*time.Second)
	longest := d.OldestWait.Value
	if waiting >= 6 {
		d.Slices[0].Level, d.Slices[0].Message = client.Warning, fmt.Sprintf("Queue is backing up (%d requests waiting)", waiting)
	}
	for i, u := range d.Users {
		if u.Waiting.Value > 0 {
			d.Slices[0].LongestWaits = append(d.Slices[0].LongestWaits, client.LongestWait{
				User: u.Name.String(), Lane: "sonnet-5.5", Waited: u.Oldest, Started: client.Some(i == 1), Waiting: u.Waiting,
			})
		}
	}
	for _, l := range d.Lanes {
		d.Slices[0].Lanes = append(d.Slices[0].Lanes, client.LaneSlice{Name: l.Name, Waiting: l.Waiting, Running: l.Running, Limits: l.Limits})
	}
	d.Slices[0].Arrivals, d.Slices[0].Starts, d.Slices[0].Successful = client.Some[int64](6), client.Some[int64](6), client.Some[int64](6)
	d.Slices[0].Failed, d.Slices[0].Cancelled, d.Slices[0].Refused = client.Some[int64](0), client.Some[int64](0), client.Some[int64](0)
	d.Slices[0].InputTokens, d.Slices[0].OutputTokens = client.Some[int64](2400), client.Some[int64](700)
	d.Slices[0].Longest, d.Slices[0].Median, d.Slices[0].Oldest = client.Some(longest), client.Some(min(longest, 6*time.Second)), client.Some(longest)
	d.Slices[0].Waits = []client.WaitCount{
		{AtMost: client.Some(min(longest, 6*time.Second)), Count: client.Some[int64](4)}, {AtMost: client.Some(longest), Count: client.Some[int64](2)},
	}
	d.Measured = &client.MeasuredBand{Band: client.Some("Poor"), Feels: client.Some("Slow"), P95: client.Some(22 * time.Second), Starts: client.Some[int64](65)}
	d.UserWaits = &client.UserWaits{P95: client.Some(22 * time.Second), ExpectedP95: client.Some(28 * time.Second)}
	d.RecentRate = client.Some[client.Share](1)
	d.Events = []client.Event{
		{At: noon().Add(110 * time.Second), Kind: queue.KindSettings, Text: "Settings changed by ops"},
		{At: noon().Add(149 * time.Second), Kind: queue.KindPaused, Text: "Paused by the API for 1.0 s: output tokens"},
		{At: noon().Add(150 * time.Second), Kind: queue.KindResumed, Text: "Pause is over"},
	}
	d.Since = client.Some(noon().Add(100 * time.Second))
	message := fmt.Sprintf("Queue is backing up (%d requests waiting)", waiting)
	s.Status, s.Message = client.Some("warning"), client.Some(message)
	s.Recommendation = client.Some("Consider upgrading API tier or implementing additional rate limiting")
	d.Findings = []client.Finding{{Level: client.Warning, Row: "backing-up", Message: message, Recommendation: s.Recommendation.Value, Since: d.Since}}
	s.Total, s.Successful, s.Failed = client.Some(int64(113+n)), client.Some(int64(84+n)), client.Some[int64](0)
	return s
}
