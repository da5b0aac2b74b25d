package client

import "testing"

func TestFlowWords(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                      "",
		`{"arrivalsPerMinute":3}`: "",
		`{"arrivalsPerMinute":30,"startsPerMinute":20}`:     "growing: 30 in, 20 out a minute",
		`{"arrivalsPerMinute":20,"startsPerMinute":20}`:     "20 in, 20 out a minute",
		`{"arrivalsPerMinute":1200,"startsPerMinute":1300}`: "1,200 in, 1,300 out a minute",
		`{"arrivalsPerMinute":-1,"startsPerMinute":"many"}`: "",
	} {
		check(t, body, decoded(t, `{"detail":`+body+`}`).Detail.FlowWords(), want)
	}
}
