package replay

import (
	"context"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	fair := newResult(1)
	messages := make([]Message, 5)
	for i := range messages {
		messages[i].Call.Took = 30 * time.Second
		fair.asked(0, &messages[i])
	}
	for i := range messages {
		messages[i].cost = 1
		fair.started(&messages[i])
		fair.answered(90*time.Second, &messages[i])
	}
	fair.RateLimited = 12
	rows := []Row{
		{Adaptive, fair},
		{"no", &Result{Failures: 1370, Refused: 252}},
	}
	const want = `### a load

| pace     | answered | failed | at the door | 429s | answer after |   the last | of it waiting | a minute | fairness |
| -------- | -------: | -----: | ----------: | ---: | -----------: | ---------: | ------------: | -------: | -------: |
| adaptive |        5 |      0 |           0 |   12 |   1 min 30 s | 1 min 30 s |    1 min 00 s |      3.3 |    1.000 |
| no       |        0 |   1370 |         252 |    0 |          0 s |        0 s |           0 s |      0.0 |        – |
`
	if got := Table(&Load{Name: "a load"}, rows); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The oracle that runs into debt stands in the table where debt is something else.
func TestCompareShowsTheGreedyOracleWhereItDiffers(t *testing.T) {
	for _, l := range usualLoads()[4:7] {
		rows, err := Compare(t.Context(), &l)
		if err != nil {
			t.Fatal(err)
		}
		last := rows[len(rows)-1].Pace
		if want := l.Name == longAnswers; (last == GreedyOracle) != want || !want && last != Oracle {
			t.Errorf("%s: the last row is %s", l.Name, last)
		}
	}
}

// The rows are those of each load alone, in the order of the loads.
func TestCompareAll(t *testing.T) {
	loads := usualLoads()[:3]
	all, err := CompareAll(t.Context(), loads)
	if err != nil {
		t.Fatal(err)
	}
	for i := range loads {
		alone, err := Compare(t.Context(), &loads[i])
		if err != nil {
			t.Fatal(err)
		}
		if got, want := Table(&loads[i], all[i]), Table(&loads[i], alone); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if all, err := CompareAll(over, loads); err != nil || len(all) != len(loads) || all[0] != nil {
		t.Errorf("after the end: got %v, %v, want no rows", all, err)
	}
}
