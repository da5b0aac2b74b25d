package sim

import (
	"math"
	"testing"
	"time"

	"paceline/queue"
)

func TestPersonRepeats(t *testing.T) {
	run := func(seed uint64, seat int) (questions [20]question) {
		p := newUser(seed, seat, 6)
		for i := range questions {
			questions[i] = p.ask()
		}
		return questions
	}
	if a, b := run(1, 2), run(1, 2); a != b {
		t.Errorf("the same person twice: got %+v and %+v", a[0], b[0])
	}
	if a, b := run(1, 2), run(2, 2); a == b {
		t.Errorf("another seed asks the same: %+v", a[0])
	}
	a, b := run(1, 2), run(1, 3)
	if a[0].thinkTimes == b[0].thinkTimes {
		t.Errorf("two people have the same thoughts: %+v, %+v", a[0], b[0])
	}
}

func TestPersonComesBackAsSomebodyElse(t *testing.T) {
	names := map[string]bool{}
	for seat := range 3 {
		p := newUser(1, seat, 3)
		if p.leavesAt < time.Minute || p.leavesAt > longestStay {
			t.Errorf("seat %d: leaves at %v at first, want 1m to %v", seat, p.leavesAt, longestStay)
		}
		for visit := range 4 {
			if names[p.name] {
				t.Errorf("seat %d, visit %d: %s was here before", seat, visit, p.name)
			}
			names[p.name] = true
			if q := p.ask(); q.user != p.name || q.number != 1 {
				t.Errorf("%s: got the first question %+v, want number 1 of theirs", p.name, q)
			}
			now := p.leavesAt + p.emptySeat()
			p.renew(now)
			if stay := p.leavesAt - now; stay < shortestStay || stay > longestStay {
				t.Errorf("%s stays %v, want %v to %v", p.name, stay, shortestStay, longestStay)
			}
		}
	}
	for _, want := range []string{"user_101", "user_102", "user_103", "user_104", "user_112"} {
		if !names[want] {
			t.Errorf("nobody is called %s: %v", want, names)
		}
	}
}

func TestFirstOfAllAsksSoon(t *testing.T) {
	for seed := range uint64(100) {
		if got := newUser(seed, 0, 6).firstQuestion(time.Minute); got < 0 || got > time.Second {
			t.Errorf("seed %d: the first question comes at %v, want within 1s", seed, got)
		}
		if got := newUser(seed, 1, 6).firstQuestion(20 * time.Second); got < 0 || got > 10*time.Second {
			t.Errorf("seed %d: the second person asks at %v, want within half a thought", seed, got)
		}
	}
}

// TestPeopleOnAverage holds what the scenes count on: about one thought between
// two questions, few who hang up within 15 s, most within 2 minutes, and one in
// ten who goes first.
func TestPeopleOnAverage(t *testing.T) {
	const n = 5000
	var thoughts, soon, late float64
	priorities := map[queue.Priority]float64{}
	p := newUser(1, 0, 1)
	for range n {
		q := p.ask()
		thoughts += q.thinkTimes / n
		if q.patience < 15*time.Second {
			soon++
		}
		if q.patience > 2*time.Minute {
			late++
		}
		p.renew(0)
		priorities[p.priority]++
	}
	if math.Abs(thoughts-0.95) > 0.05 {
		t.Errorf("thoughts after a question: got %.2f on average, want about 0.95", thoughts)
	}
	if soon > 0.03*n || late > 0.05*n {
		t.Errorf("patience: %g of %d under 15s and %g over 2m, want few", soon, n, late)
	}
	for priority, want := range map[queue.Priority]float64{queue.Normal: 0.9, queue.High: 0.1} {
		if got := priorities[priority] / n; math.Abs(got-want) > 0.03 {
			t.Errorf("%v: got %.2f of the people, want %.2f", priority, got, want)
		}
	}
}
