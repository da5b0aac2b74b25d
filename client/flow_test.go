package client

import "testing"

func TestFlowWords(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                      "",
		`{"arrivalsPerMinute":3}`: "",
		`{"arrivalsPerMinute":30,"startsPerMinute":20}`:     "growing: 30 in, 20 out a minute",
		`{"arrivalsPerMinute":20,"startsPerMinute":20}`:     "20 in, 20 out a minute",
		`{"arrivalsPerMinute":1200,"startsPerMinute":1300}`: "1,200 in, 1,300 out a minute",
		`{"arrivalsPerMinute":30,"startsPerMinute":20,"slices":[{"at":"2026-11-30T12:00:00Z","lengthMs":5000,"waiting":9},{"at":"2026-11-30T12:00:05Z","lengthMs":5000,"waiting":8}]}`:  "30 in, 20 out a minute",
		`{"arrivalsPerMinute":30,"startsPerMinute":20,"slices":[{"at":"2026-11-30T12:00:00Z","lengthMs":5000,"waiting":9},{"at":"2026-11-30T12:00:05Z","lengthMs":5000,"waiting":10}]}`: "growing: 30 in, 20 out a minute",
		`{"arrivalsPerMinute":-1,"startsPerMinute":"many"}`: "",
	} {
		check(t, body, decoded(t, `{"detail":`+body+`}`).Detail.FlowWords(), want)
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
