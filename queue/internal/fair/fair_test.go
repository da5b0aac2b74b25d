package fair

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// turns serves the first flow n times, each of which goes on waiting, and returns whose
// turns they were.
func turns(q *Queue[string], n int) string {
	var names []string
	for range n {
		f := q.First()
		q.Serve(f, f.Cost(), f.Cost())
		names = append(names, f.Item)
	}
	return strings.Join(names, " ")
}

func joined(q *Queue[string], name string, cost, weight float64) *Flow[string] {
	f := &Flow[string]{Item: name, Weight: weight}
	q.Join(f, cost)
	return f
}

func TestTurnsGoRoundWhereCostsAreEqual(t *testing.T) {
	var q Queue[string]
	joined(&q, "a", 1, 0)
	b := joined(&q, "b", 1, 1)
	first := turns(&q, 3)
	joined(&q, "c", 1, 0)
	q.Leave(b)
	q.Join(b, 1) // behind all
	if got := first + "; " + turns(&q, 6); got != "a b a; a c b a c b" {
		t.Errorf("got %s", got)
	}
}

func TestTurnsGoByCostAndWeight(t *testing.T) {
	var q Queue[string]
	joined(&q, "dear", 4, 1)
	joined(&q, "cheap", 1, 1)
	if got, want := turns(&q, 10), "cheap cheap cheap dear cheap cheap cheap cheap dear cheap"; got != want {
		t.Errorf("by cost: got %s, want %s", got, want)
	}
	q = Queue[string]{}
	joined(&q, "heavy", 1, 2)
	joined(&q, "light", 1, 1)
	if got, want := turns(&q, 6), "heavy light heavy heavy light heavy"; got != want {
		t.Errorf("by weight: got %s, want %s", got, want)
	}
}

func TestWhoComesBackHasNoCreditAndIsNotBehind(t *testing.T) {
	var q Queue[string]
	away := joined(&q, "away", 1, 0)
	joined(&q, "busy", 1, 0)
	turns(&q, 1)
	q.Leave(away)
	turns(&q, 100)
	q.Join(away, 1)
	if got := turns(&q, 4); got != "busy away busy away" {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsCorrectedCounts(t *testing.T) {
	var q Queue[string]
	a, b := joined(&q, "a", 1, 0), joined(&q, "b", 1, 0)
	turns(&q, 2)
	q.Charge(a, 2)
	if got := turns(&q, 5); got != "b b a b a" {
		t.Errorf("charged: got %s", got)
	}
	q.Charge(b, -1)
	if got := turns(&q, 4); got != "b b a b" {
		t.Errorf("refunded: got %s", got)
	}
	q.Leave(a)
	q.Charge(a, 5)
	if !q.Owes(a) {
		t.Error("one that was charged while away owes nothing")
	}
	q.Charge(a, -100)
	if q.Join(a, 1); turns(&q, 2) == "a a" {
		t.Error("what was given back while away is credit")
	}
}

func TestWhoPassesDoesNotMoveTheVirtualTime(t *testing.T) {
	var q Queue[string]
	joined(&q, "a", 1, 0)
	passes := joined(&q, "passes", 10, 0)
	q.Serve(passes, 10, 10)
	joined(&q, "new", 1, 0)
	if got := turns(&q, 4); got != "a new a new" {
		t.Errorf("got %s, want that the new one is not behind the one that passed", got)
	}
}

func TestARefundIsNoCreditFromBeforeTheFlowJoined(t *testing.T) {
	var q Queue[string]
	joined(&q, "busy", 1, 0)
	turns(&q, 10)
	late := joined(&q, "late", 1, 0)
	turns(&q, 2)
	q.Charge(late, -100)
	if got := turns(&q, 4); got != "late busy late busy" {
		t.Errorf("got %s", got)
	}
}

func TestWhoReturnsHasItsPlaceAndNoMore(t *testing.T) {
	var q Queue[string]
	a := joined(&q, "a", 1, 0)
	joined(&q, "b", 1, 0)
	joined(&q, "c", 1, 0)
	turns(&q, 1) // of a
	q.Leave(a)
	joined(&q, "d", 1, 0)
	q.Return(a, 1)
	if got := turns(&q, 4); got != "b c a d" {
		t.Errorf("at once: got %s", got)
	}
	q.Leave(a)
	turns(&q, 30)
	q.Return(a, 1)
	if got := turns(&q, 6); got != "a b c d a b" {
		t.Errorf("after ten rounds: got %s, want its turn now, and no more", got)
	}
	q.Leave(a)
	turns(&q, 6)
	q.Return(a, 1)
	q.Charge(a, -0.01)
	if got := turns(&q, 1); got != "a" {
		t.Errorf("a refund after its return: got %s, want its turn now", got)
	}
	q.Leave(a)
	q.Charge(a, 100)
	if q.Return(a, 1); a.start <= q.virtual {
		t.Error("what it owes is forgotten")
	}
}

// One that leaves and returns for each turn has no more of them than one that stays.
func TestWhoReturnsForEachTurnHasNoMore(t *testing.T) {
	var q Queue[string]
	returns := joined(&q, "returns", 1, 0)
	for _, name := range []string{"b", "c", "d"} {
		joined(&q, name, 1, 0)
	}
	had := 0
	for range 40 {
		if f := q.First(); f == returns {
			had++
			q.ServeLast(f, 1)
		} else {
			q.Serve(f, 1, 1)
		}
		if !returns.Waits() {
			q.Return(returns, 1)
		}
	}
	if had != 10 {
		t.Errorf("it had %d turns of 40 that four share", had)
	}
}

func TestNextGoesByTheTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[string]
		for i := range rapid.IntRange(0, 40).Draw(t, "flows") {
			joined(&q, fmt.Sprint(i), float64(rapid.IntRange(1, 9).Draw(t, "cost")), 0)
		}
		var got, want []string
		for f := range q.Next {
			got = append(got, f.Item)
		}
		for f := q.First(); f != nil; f = q.First() {
			want = append(want, f.Item)
			q.Leave(f)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// Over any stretch in which two flows of one weight both wait, what they are served
// differs by no more than two of the largest costs, whatever joins, leaves and passes.
func TestTwoThatWaitAreServedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[int]
		flows := make([]Flow[int], rapid.IntRange(2, 6).Draw(t, "flows"))
		served, since := make([]float64, len(flows)), make([][]float64, len(flows)) // by flow: what others had when it joined
		passed := make([]float64, len(flows))
		const most = 10
		cost := func() float64 { return rapid.Float64Range(0.1, most).Draw(t, "cost") }
		join := func(i int) {
			flows[i].Item = i
			q.Join(&flows[i], cost())
			since[i] = slices.Clone(served)
			passed[i] = 0
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				if i := rapid.IntRange(0, len(flows)-1).Draw(t, "flow"); !flows[i].Waits() {
					join(i)
				}
			},
			"leave": func(t *rapid.T) {
				if i := rapid.IntRange(0, len(flows)-1).Draw(t, "flow"); flows[i].Waits() {
					q.Leave(&flows[i])
				}
			},
			"serve": func(*rapid.T) {
				if f := q.First(); f != nil {
					served[f.Item] += f.Cost()
					q.Serve(f, f.Cost(), cost())
				}
			},
			"pass": func(t *rapid.T) {
				if i := rapid.IntRange(0, len(flows)-1).Draw(t, "flow"); flows[i].Waits() && q.First() != &flows[i] {
					served[i] += flows[i].Cost()
					passed[i] += flows[i].Cost()
					q.Serve(&flows[i], flows[i].Cost(), cost())
				}
			},
			"": func(t *rapid.T) {
				for i := range flows {
					for j := range i {
						if !flows[i].Waits() || !flows[j].Waits() {
							continue
						}
						from := since[i] // since the later one joined
						if since[j][j]+since[j][i] > from[j]+from[i] {
							from = since[j]
						}
						mine, other := served[i]-from[i], served[j]-from[j]
						if allowed := 2*most + passed[i] + passed[j] + 1e-6; math.Abs(mine-other) > allowed {
							t.Fatalf("%d was served %.1f and %d %.1f, which differ by more than %.1f", i, mine, j, other, allowed)
						}
					}
				}
			},
		})
	})
}
