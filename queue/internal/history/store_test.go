package history

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"
)

// busy returns a slice in which as much happened as can be, with 200 users and 4 lanes.
func busy(random *rand.Rand, start, length int64) *Slice {
	s := &Slice{
		Start: start, Length: length, Level: 2, Message: fmt.Sprintf("Very long wait times (%d waiting, last in 1m37s, users wait about 45s)", random.IntN(200)),
		Waiting: random.IntN(500), Oldest: time.Duration(random.IntN(300_000)) * time.Millisecond, Running: true,
		Arrivals: random.Int64N(500), Starts: random.Int64N(500), Longest: time.Duration(random.IntN(300_000)) * time.Millisecond,
		Successful: random.Int64N(500), Failed: random.Int64N(500), Cancelled: random.Int64N(50), Refused: random.Int64N(50), RateLimited: random.Int64N(50),
		Paused: time.Duration(random.IntN(5000)) * time.Millisecond, Input: random.Int64N(1e7), Output: random.Int64N(1e6),
	}
	for i := range s.Failures[:8] {
		s.Failures[i] = uint32(random.IntN(100))
	}
	for i := range s.Waits[:35] {
		s.Waits[i] = uint32(random.IntN(100))
	}
	for _, user := range random.Perm(200)[:MaxLongest] {
		s.Waiters = append(s.Waiters, Waiter{
			User: fmt.Sprintf("somebody_%03d@example.com", user), Lane: fmt.Sprintf("org_0123456789/sonnet-%d", user%4),
			Waited: time.Duration(random.IntN(300_000)) * time.Millisecond, Started: user%2 == 0, Waiting: random.IntN(100),
		})
	}
	for i := range 4 {
		l := Lane{Name: fmt.Sprintf("org_0123456789/sonnet-%d", i), Waiting: random.IntN(500), Running: random.IntN(100)}
		for _, kind := range []string{"requests", "input tokens", "output tokens", "tokens"} {
			l.Limits = append(l.Limits, Limit{Kind: kind, PerMinute: random.Int64N(1e6), Told: true, Free: random.Int64N(2e6) - 1e6, FullIn: time.Duration(random.IntN(60_000)) * time.Millisecond})
		}
		s.Lanes = append(s.Lanes, l)
	}
	return s
}

const begin = 1_700_000_000 / 3600 * 3600

// A slice is read as it was written.
func TestSlicesAreKeptAsTheyWere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s Store
	var want []*Slice
	for i := range int64(24) {
		one := busy(random, begin+5*i, Fine)
		if i%3 == 1 {
			one = &Slice{Start: begin + 5*i, Length: Fine}
		}
		if i%3 == 2 {
			one.Lanes[0].Limits[0] = Limit{Kind: "requests", PerMinute: 50}
			one.Lanes[1].Limits = nil
		}
		want = append(want, one)
		s.Add(one)
	}
	got := slices.Collect(s.View().All(0))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// After a day of as much as can be it takes less than 2 MB, with the names of 200 users and
// 4 lanes.
func TestADayTakesLittleMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	before := heap()
	s := &Store{}
	for at := int64(begin); at < begin+26*3600; at += Fine {
		s.Add(busy(random, at, Fine))
	}
	took := heap() - before
	fine, coarse := 0, 0
	for one := range s.View().All(0) {
		if one.Length == Fine {
			fine++
		} else {
			coarse++
		}
	}
	t.Logf("%d slices of 5 s and %d of a minute take %d kB", fine, coarse, took/1000)
	if took > 1_500_000 {
		t.Errorf("it takes %d bytes, want 1.5 MB at most", took)
	}
	if fine < fineFor/Fine || fine > (fineFor+2*Coarse)/Fine || coarse < (keptFor-fineFor)/Coarse-1 || coarse > keptFor/Coarse {
		t.Errorf("got %d slices of 5 s and %d of a minute", fine, coarse)
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A view stays as it is while the store goes on.
func TestAViewStaysAsItIs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s Store
	for i := range int64(30) {
		s.Add(busy(random, begin+5*i, Fine))
	}
	v := s.View()
	want := slices.Collect(v.All(0))
	for i := range int64(3000) {
		s.Add(busy(random, begin+150+5*i, Fine))
	}
	if got := slices.Collect(v.All(0)); !reflect.DeepEqual(got, want) {
		t.Error("it has changed")
	}
}

// What comes too late, as after a clock was set back, is not kept.
func TestSlicesInOrderOnly(t *testing.T) {
	var s Store
	for _, one := range []Slice{
		{Start: begin, Length: Coarse, Starts: 1}, {Start: begin + 60, Length: Fine, Starts: 2}, {Start: begin + 60, Length: Fine, Starts: 3},
		{Start: begin + 30, Length: Fine, Starts: 4}, {Start: begin + 120, Length: Coarse, Starts: 5}, {Start: begin + 65, Length: Fine, Starts: 6},
	} {
		s.Add(&one)
	}
	var got []int64
	for one := range s.View().All(0) {
		got = append(got, one.Starts)
	}
	if !slices.Equal(got, []int64{1, 2, 6}) {
		t.Errorf("got %v", got)
	}
}

// Of each user a list of those that waited longest has the longest wait, and no more than
// ten users.
func TestInsert(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all []Waiter
	longest := map[string]Waiter{}
	for range 500 {
		w := Waiter{User: fmt.Sprint(random.IntN(30)), Waited: time.Duration(random.IntN(1 << 30)), Waiting: random.IntN(5)}
		all = Insert(all, w)
		if w.Waited > longest[w.User].Waited {
			longest[w.User] = w
		}
	}
	var want []Waiter
	for _, w := range longest {
		want = append(want, w)
	}
	slices.SortFunc(want, func(a, b Waiter) int { return int(b.Waited - a.Waited) })
	if len(all) != MaxLongest {
		t.Fatalf("got %d", len(all))
	}
	for i, w := range all {
		if w.User != want[i].User || w.Waited != want[i].Waited {
			t.Errorf("at %d: got %+v, want %+v", i, w, want[i])
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	some := make([]*Slice, 1000)
	for i := range some {
		some[i] = busy(random, 0, Fine)
	}
	s := &Store{}
	at := int64(begin)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		one := *some[i%len(some)]
		one.Start = at
		s.Add(&one)
		at += Fine
	}
}
