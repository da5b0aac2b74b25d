package advice

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// loadNamed returns the load of the comparison whose name begins so.
func loadNamed(t *testing.T, name string) replay.Load {
	t.Helper()
	for _, l := range replay.Loads() {
		if strings.HasPrefix(l.Name, name) {
			return l
		}
	}
	t.Fatalf("there is no load %q", name)
	return replay.Load{}
}

// classes are the classes of the simulated API's errors.
var classes = map[int]queue.Class{0: queue.NetworkError, 400: queue.ClientError, 404: queue.ClientError, 413: queue.ClientError, 429: queue.RateLimited, 500: queue.ServerError, 504: queue.Timeout, 529: queue.Overloaded}

// player plays the messages of a load to a real queue in front of a simulated account.
type player struct {
	queue   *queue.Queue
	account *account
	users   sync.WaitGroup
}

// play plays a load in the time of a bubble, and returns the advice after it.
func play(t *testing.T, load replay.Load, s queue.Settings) *queue.Advice {
	t.Helper()
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	settings := load.Account
	settings.Epoch = time.Now()
	a, err := sim.NewAccount(settings)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{queue: q, account: &account{account: a}}
	start := time.Now()
	for _, m := range load.Messages() {
		p.users.Go(func() {
			time.Sleep(m.At - time.Since(start))
			for ; m != nil; m = m.Next {
				p.ask(t.Context(), m)
			}
		})
	}
	p.users.Wait()
	advice, err := Compute(t.Context(), situationOf(q))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	return advice
}

// ask sends a message through the queue.
func (p *player) ask(ctx context.Context, m *replay.Message) {
	r := queue.Request{
		User: fmt.Sprint("user ", m.User), Lane: queue.LaneName("org", queue.ModelGroup(m.Call.Model)), Priority: m.Priority,
		Cost: queue.Cost{Input: m.Bytes / 4, Output: 300},
	}
	_, _ = queue.Do(ctx, p.queue, r, func(ctx context.Context) (none struct{}, _ error) {
		return none, p.account.call(ctx, m.Call, m.NoStream)
	})
}

// playedPaces are the settings of both paces of a queue that refuses nobody.
func playedPaces() map[string]queue.Settings {
	spaced := queue.DefaultSettings()
	spaced.MaxWait, spaced.MaxQueue = time.Hour, 10_000
	adaptive := spaced
	adaptive.Adaptive = true
	return map[string]queue.Settings{queue.PaceSpaced: spaced, queue.PaceAdaptive: adaptive}
}

// millis is a number of milliseconds; zero for nil.
func millis(n *int64) time.Duration {
	if n == nil {
		return 0
	}
	return time.Duration(*n) * time.Millisecond
}

// What the advice tells of a load that was played through a real queue is true: what
// would have failed without the queue is what fails in a run without it, and the adaptive
// pace keeps what was promised of it. It promised 0 s, and it took 18.7 s.
func TestWhatIsToldOfLoads(t *testing.T) {
	for _, name := range []string{
		"light", "moderate", "heavy: ", "heavy, all", "40 users, 2 messages each, all", "20 users, 10 long prompts", "20 users, 10 long answers",
		"60 users, 4 messages each, three models", "one user with 100", "40 users, 2 messages of 360", "resets rounded down, by tokens", "20 users, 8 answers each, output",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				load := loadNamed(t, name)
				without, err := replay.Run(t.Context(), &load, replay.Unqueued())
				if err != nil {
					t.Fatal(err)
				}
				told := map[string]*queue.Advice{}
				for pace, s := range playedPaces() {
					a := play(t, load, s)
					told[pace] = a
					if a.CannotTell != "" || a.Spared == nil {
						t.Fatalf("%s: cannot tell, because %q; spared %+v", pace, a.CannotTell, a.Spared)
					}
					if off := abs(a.Spared.Failed - without.Failures); off > max(2, a.Requests*3/100) || a.Spared.Lost != 0 {
						t.Errorf("%s: without the queue %d of %d would have failed, want %d; with it %d", pace, a.Spared.Failed, a.Requests, without.Failures, a.Spared.Lost)
					}
					if measured, cost := millis(a.MeasuredP95Ms), millis(&a.Spared.CostP95Ms); cost > measured || without.Failures == 0 && cost != measured {
						t.Errorf("%s: the queue has cost %v, of a p95 of %v", pace, cost, measured)
					}
				}
				promised, kept := of(told[queue.PaceSpaced], "adaptive"), millis(told[queue.PaceAdaptive].MeasuredP95Ms)
				if promised == nil || queue.FarApart(millis(&promised.P95Ms), kept) {
					t.Errorf("the adaptive pace promises %+v, and keeps %v", promised, kept)
				}
			})
		})
	}
}

// Where the replay knows too little of what happened nothing is promised, and the reason
// is told.
func TestWhatCannotBeToldOfLoads(t *testing.T) {
	const untold, overload, unreachable, others = "no answer of the API has told", "the API was overloaded (529)", "the API could not be reached", "others may use the account"
	for _, c := range []struct {
		load, pace, because string
	}{
		{"600 messages, and no headers", queue.PaceSpaced, untold},
		{"600 messages, and no headers", queue.PaceAdaptive, untold},
		{"600 messages, and nothing told", queue.PaceAdaptive, untold},
		{"600 messages, headers only on refusals", queue.PaceSpaced, untold},
		{"20 a second, and 529 for 30 s", queue.PaceAdaptive, overload},
		{"20 users and a 529 storm", queue.PaceSpaced, overload},
		{"20 a second, and no connection", queue.PaceAdaptive, unreachable},
		{"a workspace untold, by requests", queue.PaceAdaptive, others},
		{"100 users whose traffic may only double", queue.PaceAdaptive, others},
	} {
		t.Run(c.load+" "+c.pace, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := play(t, loadNamed(t, c.load), playedPaces()[c.pace])
				if !strings.Contains(a.CannotTell, c.because) || len(a.Remedies) > 0 || a.Spared != nil {
					t.Errorf("cannot tell, because %q; want %q. Remedies %v, spared %+v", a.CannotTell, c.because, kinds(a), a.Spared)
				}
			})
		})
	}
}

// Others use up most of an account that serves few of ours. Under the spaced pace the waits
// are those of the spacing, as without the others: it promised the adaptive pace 0 s.
func TestOthersOnTheAccount(t *testing.T) {
	for pace, s := range playedPaces() {
		synctest.Test(t, func(t *testing.T) {
			load := loadNamed(t, "40 users, 5 messages each, and others unseen")
			load.Account.Others = []sim.OtherTraffic{{Model: "claude-sonnet-5-5", PerMinute: 60, InputTokens: 200, OutputTokens: 40}}
			a := play(t, load, s)
			if !strings.Contains(a.CannotTell, "others use the account: only ") || a.Spared != nil || len(a.Remedies) > 0 {
				t.Errorf("%s: cannot tell, because %q; spared %+v, remedies %v", pace, a.CannotTell, a.Spared, kinds(a))
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }
