package client

import (
	"strings"
	"testing"
)

func TestFlowWords(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                      "",
		`{"arrivalsPerMinute":3}`: "",
		`{"arrivalsPerMinute":30,"startsPerMinute":20}`:                 "growing: 30 in, 20 out a minute",
		`{"arrivalsPerMinute":30,"startsPerMinute":20,"growing":false}`: "30 in, 20 out a minute",
		`{"arrivalsPerMinute":20,"startsPerMinute":20,"growing":true}`:  "growing: 20 in, 20 out a minute",
		`{"arrivalsPerMinute":20,"startsPerMinute":20}`:                 "20 in, 20 out a minute",
		`{"arrivalsPerMinute":1200,"startsPerMinute":1300}`:             "1,200 in, 1,300 out a minute",
		`{"arrivalsPerMinute":-1,"startsPerMinute":"many"}`:             "",
	} {
		check(t, body, decoded(t, `{"detail":`+body+`}`).FlowWords(), want)
	}
}

// The line grows while it is not shorter than some seconds ago, and not still because more came
// in the last minute.
func TestALineThatGetsShorterDoesNotGrow(t *testing.T) {
	for _, c := range []struct {
		waiting int
		slices  []int // the most that waited in each
		grows   bool
	}{
		{9, nil, true},
		{10, []int{9, 10}, true},
		{9, []int{9, 9}, true},
		{8, []int{9, 8}, false},
		{85, []int{20, 80, 87}, true}, // for a moment
		{82, []int{20, 80, 87}, false},
		{79, []int{20, 80, 82}, false},
		{1, []int{1, 1}, false},
		{0, []int{0, 4}, false},
	} {
		s := Sample{Detail: &Detail{ArrivalsPerMinute: Some(161), StartsPerMinute: Some(76)}}
		s.Waiting = Some(c.waiting)
		for _, n := range c.slices {
			s.Detail.Slices = append(s.Detail.Slices, Slice{Waiting: Some(n)})
		}
		if s.Grows() != c.grows {
			t.Errorf("%d wait, before %v: grows is %v", c.waiting, c.slices, !c.grows)
		}
	}
}

// What is said of those who wait while a queue stops is what it does.
func TestDrainWords(t *testing.T) {
	for detail, want := range map[string]string{
		`{}`:                              "",
		`{"draining":false,"drain":null}`: "",
		`{"draining":true,"drain":null}`:  "draining: no new requests are taken",
		`{"draining":true,"drain":{"endsInMs":42000,"served":12}}`:   "stops in 42 s: about 12 of 40 waiting are served, the others are told to come back",
		`{"draining":true,"drain":{"endsInMs":42000,"served":40}}`:   "stops in 42 s at the latest: all who wait are served",
		`{"draining":true,"drain":{"endsInMs":42000,"served":null}}`: "stops in 42 s: who waits then is told to come back",
		`{"draining":true,"drain":{}}`:                               "draining: no new requests are taken",
	} {
		check(t, detail, decoded(t, `{"metrics":{"currentQueueLength":40},"detail":`+detail+`}`).DrainWords(), want)
	}
	nobody := `{"metrics":{"currentQueueLength":0},"detail":{"draining":true,"drain":{"endsInMs":42000,"served":0}}}`
	check(t, "nobody waits", decoded(t, nobody).DrainWords(), "stops in 42 s at the latest: nobody waits")
}

// Each figure of a line has its span; what is not known is left out.
func TestFigureWords(t *testing.T) {
	const counters = `"metrics":{"successful":9,"failed":1,"averageWaitTime":"2345ms","currentQueueLength":3}`
	for body, want := range map[string]string{
		`{` + counters + `}`: "waiting 3, average wait overall 2.3 s, recent success 50.0%, overall success 90.0%",
		`{` + counters + `,"detail":{"oldestWaitMs":96000,"recent":{"successRate":0.8},"emptyInMs":20000,"emptyLateMs":60000,"arrivalsPerMinute":4,"startsPerMinute":4}}`: "waiting 3, oldest 1 min 36 s, average wait overall 2.3 s, recent success 80.0%, overall success 90.0%, all start in 20 to 60 s, 4 in, 4 out a minute",
	} {
		check(t, body, strings.Join(decoded(t, body).FigureWords(Derived{RecentRate: Some(0.5)}), ", "), want)
	}
}
