package client

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// The published examples, to the letter.
func TestJudgeWire(t *testing.T) {
	const upgrade = "Consider upgrading API tier or implementing additional rate limiting"
	for _, c := range []struct {
		file     string
		level    Level
		message  string
		findings []string
	}{
		{"idle", Healthy, "Queue is processing normally", []string{"Queue is processing normally"}},
		{"healthy", Healthy, "Queue is processing normally", []string{"Queue is processing normally"}},
		{"healthy-short", Healthy, "Queue is processing normally", []string{"Queue is processing normally"}},
		{"warning", Warning, "Queue is backing up (12 requests waiting)", []string{"Queue is backing up (12 requests waiting)"}},
		{"failing", Warning, "High failure rate (72.2% succeeded)", []string{
			"High failure rate (72.2% succeeded)", "Queue is processing normally",
		}},
		{"long-wait", Critical, "Very long wait times (25 waiting, average 45 s)", []string{
			"Very long wait times (25 waiting, average 45 s)", "Queue is backing up (25 requests waiting)",
		}},
	} {
		s := decoded(t, string(wire(t, c.file)))
		h := NewHistory(time.Second)
		s.At = t0()
		h.Add(s)
		for what, v := range map[string]Verdict{"alone": Judge(s, Derived{}), "in a history": Judge(s, h.Derived())} {
			if v.Level != c.level || v.Message != c.message {
				t.Errorf("%s %s: got %v %q, want %v %q", c.file, what, v.Level, v.Message, c.level, c.message)
			}
			var messages []string
			for _, f := range v.Findings {
				messages = append(messages, f.Message)
			}
			if !reflect.DeepEqual(messages, c.findings) {
				t.Errorf("%s %s: got findings %q, want %q", c.file, what, messages, c.findings)
			}
			if v.Recommendation != v.Findings[0].Recommendation || (v.Recommendation == "") != (c.level == Healthy) {
				t.Errorf("%s %s: got recommendation %q", c.file, what, v.Recommendation)
			}
		}
	}
	v := Judge(decoded(t, string(wire(t, "warning"))), Derived{})
	check(t, "the endpoint's recommendation", v.Recommendation, upgrade)
}

func TestJudge(t *testing.T) {
	const fine = `"status":"healthy","health":{"isHealthy":true,"message":"Fine"}`
	recent := func(rate float64, n, row int) Derived {
		return Derived{RecentRate: Some(rate), RecentFinished: Some(n), FailedInARow: row}
	}
	for _, c := range []struct {
		what, body string
		d          Derived
		want       []Finding // without recommendations
	}{
		{"nothing but the verdict", fine, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"nothing at all", `"metrics":{}`, Derived{}, []Finding{{Level: Warning, Message: "The endpoint does not say that all is well (no status)"}}},
		{"no verdict, but figures", `"metrics":{"currentQueueLength":2}`, Derived{}, []Finding{{Level: Healthy, Message: "Queue is processing normally"}}},
		{"a word we do not know", `"status":"degraded","health":{"message":"Disk slow"}`, Derived{}, []Finding{{Level: Warning, Message: `Disk slow (status "degraded")`}}},
		{"a word and no message", `"status":"UP","health":{}`, Derived{}, []Finding{{Level: Warning, Message: `The endpoint does not say that all is well (status "UP")`}}},
		{"it contradicts itself", `"status":"healthy","health":{"isHealthy":false,"message":"Fine"}`, Derived{}, []Finding{{Level: Warning, Message: "Fine (isHealthy is false)"}}},
		{"only isHealthy", `"health":{"isHealthy":false}`, Derived{}, []Finding{{Level: Warning, Message: "The endpoint does not say that all is well (isHealthy is false)"}}},
		{"critical without words", `"status":"CRITICAL","health":{"isHealthy":true}`, Derived{}, []Finding{{Level: Critical, Message: "The endpoint says critical, and not why"}}},

		{"5 waiting", fine + `,"metrics":{"currentQueueLength":5}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"6 waiting", fine + `,"metrics":{"currentQueueLength":6}`, Derived{}, []Finding{{Level: Warning, Message: "Queue is backing up (6 requests waiting)"}, {Level: Healthy, Message: "Fine"}}},
		{"20 waiting", fine + `,"metrics":{"currentQueueLength":20}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times (20 waiting)"}, {Level: Warning, Message: "Queue is backing up (20 requests waiting)"}, {Level: Healthy, Message: "Fine"},
		}},

		{"the average of all", fine + `,"metrics":{"averageWaitTime":"30000ms"}`, Derived{}, []Finding{{Level: Critical, Message: "Very long wait times (average 30 s)"}, {Level: Healthy, Message: "Fine"}}},
		{"the recent one is better", fine + `,"metrics":{"averageWaitTime":"30000ms"}`, Derived{MeanWait: Some(time.Second)}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"the recent one is worse", fine + `,"metrics":{"averageWaitTime":"3000ms"}`, Derived{MeanWait: Some(31 * time.Second)}, []Finding{{Level: Critical, Message: "Very long wait times (recent average 31 s)"}, {Level: Healthy, Message: "Fine"}}},
		{"nothing started for long", fine + `,"metrics":{"averageWaitTime":"30000ms"}`, Derived{NoRecentStart: true}, []Finding{{Level: Healthy, Message: "Fine"}}},

		{"4 of 5, of all", fine + `,"metrics":{"successful":4,"failed":1}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"3 of 5, of all", fine + `,"metrics":{"successful":3,"failed":2}`, Derived{}, []Finding{{Level: Warning, Message: "High failure rate (60.0% succeeded)"}, {Level: Healthy, Message: "Fine"}}},
		{"0 of 4, of all", fine + `,"metrics":{"successful":0,"failed":4}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"0 of 10, of all", fine + `,"metrics":{"successful":0,"failed":10}`, Derived{}, []Finding{
			{Level: Critical, Message: "Nothing succeeds (10 failed in a row)"}, {Level: Warning, Message: "High failure rate (0.0% succeeded)"}, {Level: Healthy, Message: "Fine"},
		}},
		{"bad of all, good of late", fine + `,"metrics":{"successful":3,"failed":20}`, recent(1, 20, 0), []Finding{{Level: Healthy, Message: "Fine"}}},
		{"good of all, bad of late", fine + `,"metrics":{"successful":300,"failed":20}`, recent(0.7, 20, 3), []Finding{{Level: Warning, Message: "High failure rate (70.0% of the last 20 succeeded)"}, {Level: Healthy, Message: "Fine"}}},
		{"too few of late", fine + `,"metrics":{"successful":300,"failed":20}`, recent(0, 4, 4), []Finding{{Level: Healthy, Message: "Fine"}}},
		{"10 failed in a row", fine + `,"metrics":{"successful":300,"failed":20}`, recent(0.5, 20, 10), []Finding{
			{Level: Critical, Message: "Nothing succeeds (10 failed in a row)"}, {Level: Warning, Message: "High failure rate (50.0% of the last 20 succeeded)"}, {Level: Healthy, Message: "Fine"},
		}},

		{"stuck", fine + `,"metrics":{"currentQueueLength":2}`, Derived{Stuck: Some(time.Minute)}, []Finding{{Level: Critical, Message: "Queue is stuck (2 waiting, nothing done for 1 min 00 s)"}, {Level: Healthy, Message: "Fine"}}},
		{"not stuck yet", fine + `,"metrics":{"currentQueueLength":2}`, Derived{Stuck: Some(59 * time.Second)}, []Finding{{Level: Healthy, Message: "Fine"}}},

		{"the endpoint's thresholds", fine + `,"metrics":{"currentQueueLength":12,"averageWaitTime":"90000ms"},"detail":{"wait":{"count":1,"averageMs":40000},"settings":{"thresholds":{"warnWaiting":50,"criticalWaiting":90,"criticalUserWaitMs":60000}}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"12 wait, the last not long", fine + `,"metrics":{"currentQueueLength":12},"detail":{"emptyInMs":7999}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"12 wait, the last 8 s", fine + `,"metrics":{"currentQueueLength":12},"detail":{"emptyInMs":8000}`, Derived{}, []Finding{{Level: Warning, Message: "Queue is backing up (12 requests waiting)"}, {Level: Healthy, Message: "Fine"}}},
		{"20 wait, the last 14 s", fine + `,"metrics":{"currentQueueLength":20},"detail":{"emptyInMs":14000}`, Derived{}, []Finding{{Level: Warning, Message: "Queue is backing up (20 requests waiting)"}, {Level: Healthy, Message: "Fine"}}},
		{"20 wait, the last 15 s", fine + `,"metrics":{"currentQueueLength":20},"detail":{"emptyInMs":15000}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times (20 waiting, last in 15 s)"}, {Level: Warning, Message: "Queue is backing up (20 requests waiting)"}, {Level: Healthy, Message: "Fine"},
		}},
		{"25 wait, and only how long users do is known", fine + `,"metrics":{"currentQueueLength":25},"detail":{"emptyInMs":null,"userWaits":{"expectedP95Ms":400}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"users have waited 30 s", fine + `,"detail":{"userWaits":{"p95Ms":30000,"expectedP95Ms":null}}`, Derived{}, []Finding{{Level: Critical, Message: "Very long wait times (users waited 30 s)"}, {Level: Healthy, Message: "Fine"}}},
		{"users will have waited 30 s", fine + `,"detail":{"userWaits":{"p95Ms":2000,"expectedP95Ms":30000}}`, Derived{}, []Finding{{Level: Critical, Message: "Very long wait times (users wait about 30 s)"}, {Level: Healthy, Message: "Fine"}}},
		{"the average is of no matter then", fine + `,"detail":{"wait":{"count":9,"averageMs":40000},"userWaits":{"p95Ms":2000}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"one user does, says the endpoint", `"status":"warning","metrics":{"currentQueueLength":3},"health":{"message":"Very long wait times for one user, anna (3 waiting)"},"detail":{"userWaits":{"p95Ms":40000}}`, Derived{}, []Finding{
			{Level: Warning, Message: "Very long wait times for one user, anna (3 waiting)"},
		}},
		{"one user did, says the endpoint", `"status":"warning","metrics":{"currentQueueLength":0},"health":{"message":"Very long wait times for one user, anna, in the last minute (0 waiting)"},"detail":{"userWaits":{"p95Ms":40000}}`, Derived{}, []Finding{
			{Level: Warning, Message: "Very long wait times for one user, anna, in the last minute (0 waiting)"},
		}},
		{"nobody waits any more", fine + `,"metrics":{"currentQueueLength":0},"detail":{"userWaits":{"p95Ms":40000}}`, Derived{}, []Finding{{Level: Critical, Message: "Very long wait times in the last minute (0 waiting, users waited 40 s)"}, {Level: Healthy, Message: "Fine"}}},
		{"nobody waits any more, says the endpoint", `"status":"critical","metrics":{"currentQueueLength":0},"health":{"message":"Very long wait times in the last minute (0 waiting, users' p95 42s; cause: connection errors)"},"detail":{"userWaits":{"p95Ms":40000}}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times in the last minute (0 waiting, users' p95 42s; cause: connection errors)"},
		}},
		{"detail knows the last 20", fine + `,"metrics":{"successful":1,"failed":90},"detail":{"recent":{"finished":20,"successRate":0.95}}`, recent(0, 20, 20), []Finding{{Level: Healthy, Message: "Fine"}}},
		{"nothing waited of late", fine + `,"metrics":{"averageWaitTime":"45000ms"},"detail":{"wait":{"count":0,"averageMs":null}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"its findings, ours only where worse", `"status":"critical","metrics":{"currentQueueLength":25},"health":{"isHealthy":false,"message":"Very long wait times (24 waiting, average 9s)"},"detail":{"findings":[{"level":"critical","message":"Very long wait times (24 waiting, average 9s)"},{"level":"warning","message":"Paused by the API until 14:02:31"}]}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times (24 waiting, average 9s)"}, {Level: Warning, Message: "Paused by the API until 14:02:31"}, {Level: Warning, Message: "Queue is backing up (25 requests waiting)"},
		}},
		{"the same, but milder", `"status":"warning","metrics":{"currentQueueLength":25},"health":{"message":"Very long wait times (7)"}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times (25 waiting)"}, {Level: Warning, Message: "Very long wait times (7)"}, {Level: Warning, Message: "Queue is backing up (25 requests waiting)"},
		}},
		{"it contradicts itself", `"status":"critical","metrics":{"currentQueueLength":40},"health":{"isHealthy":true,"message":"Queue is processing normally"}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times (40 waiting)"}, {Level: Critical, Message: "Queue is processing normally"}, {Level: Warning, Message: "Queue is backing up (40 requests waiting)"},
		}},
		{"nothing succeeds", `"status":"healthy","metrics":{"successful":0,"failed":50,"currentQueueLength":0,"averageWaitTime":"45000ms"},"health":{"message":"Fine"}`, Derived{}, []Finding{
			{Level: Critical, Message: "Nothing succeeds (50 failed in a row)"}, {Level: Critical, Message: "Very long wait times (0 waiting, average 45 s)"},
			{Level: Warning, Message: "High failure rate (0.0% succeeded)"}, {Level: Healthy, Message: "Fine"},
		}},
		{"nothing has succeeded, says its counters", fine + `,"metrics":{"successful":0,"failed":50},"detail":{"recent":{"finished":4,"successRate":0}}`, Derived{}, []Finding{
			{Level: Warning, Message: "Nothing has succeeded since the counters began (50 failed)"}, {Level: Healthy, Message: "Fine"},
		}},
		{"nothing has, and all are mistakes of callers", fine + `,"metrics":{"successful":0,"failed":50},"detail":{"recent":{"finished":0,"successRate":null}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"something has of late", fine + `,"metrics":{"successful":0,"failed":50},"detail":{"recent":{"finished":4,"successRate":0.25}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
		{"somebody has waited 60 s", fine + `,"metrics":{"currentQueueLength":3,"averageWaitTime":"10ms"},"detail":{"oldestWaitMs":60000}`, Derived{}, []Finding{
			{Level: Critical, Message: "Very long wait times (3 waiting, oldest 1 min 00 s)"}, {Level: Healthy, Message: "Fine"},
		}},
		{"and how long users wait is told", fine + `,"metrics":{"currentQueueLength":3},"detail":{"oldestWaitMs":60000,"userWaits":{"p95Ms":100}}`, Derived{}, []Finding{{Level: Healthy, Message: "Fine"}}},
	} {
		v := Judge(decoded(t, "{"+c.body+"}"), c.d)
		check(t, c.what+": message", v.Message, c.want[0].Message)
		check(t, c.what+": level", v.Level, c.want[0].Level)
		for i := range v.Findings {
			if f := &v.Findings[i]; f.Level > Healthy && strings.HasPrefix(f.Message, "Queue is backing up (") && f.Recommendation == "" {
				t.Errorf("%s: %q has no recommendation", c.what, f.Message)
			}
			v.Findings[i].Recommendation, v.Findings[i].Row = "", ""
		}
		if !reflect.DeepEqual(v.Findings, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.what, v.Findings, c.want)
		}
	}
}

func TestCutFigures(t *testing.T) {
	for _, c := range []struct{ message, subject, figures string }{
		{"Queue is backing up (12 requests waiting)", "Queue is backing up", "12 requests waiting"},
		{"Very long wait times for one user, anna (trial) (25 waiting, last in 35 s)", "Very long wait times for one user, anna (trial)", "25 waiting, last in 35 s"},
		{"Queue is backing up (15 requests waiting, 12 of anna (trial))", "Queue is backing up", "15 requests waiting, 12 of anna (trial)"},
		{"Nothing succeeds; cause: refused keys (401, 402, 403) (45 calls of 8 users failed)", "Nothing succeeds; cause: refused keys (401, 402, 403)", "45 calls of 8 users failed"},
		{"Every API key was refused", "Every API key was refused", ""},
		{"anna (trial) waits", "anna (trial) waits", ""},
		{"f(x)", "f(x)", ""}, {":)", ":)", ""}, {"(1)", "(1)", ""}, {")", ")", ""}, {"", "", ""},
	} {
		subject, figures := CutFigures(c.message)
		check(t, "subject", subject, c.subject)
		check(t, "figures", figures, c.figures)
	}
}

// The endpoint's verdict has all that its finding of the same message tells.
func TestTheVerdictsFinding(t *testing.T) {
	s := decoded(t, `{"status":"warning","health":{"message":"Paused","recommendation":"End it"},"detail":{"findings":[
		{"level":"warning","row":"pause","message":"Paused","recommendation":"End it","action":"end-pause","user":"anna","over":true}]}}`)
	v := Judge(s, Derived{})
	want := Finding{Level: Warning, Row: queue.RowPause, Message: "Paused", Recommendation: "End it", Action: queue.ActionEndPause, User: "anna", Over: Some(true)}
	if len(v.Findings) != 1 || v.Findings[0] != want {
		t.Errorf("got %+v, want %+v", v.Findings, want)
	}
}

// Where the endpoint tells the rows of its findings, they are found by them, whatever their
// messages are; where it does not, by the messages that are known.
func TestJudgeGoesByTheRows(t *testing.T) {
	const (
		many = `"metrics":{"currentQueueLength":25},"detail":{"emptyInMs":60000,"userWaits":{"expectedP95Ms":40000},"recent":{"finished":20,"successRate":0},"findings":[`
		ours = "critical waits, critical failing, warning backing-up, warning failure-rate, healthy "
	)
	finding := func(level, row, more string) string {
		return fmt.Sprintf(`{"level":%q,"row":%q,"message":"Worded in another way"%s}`, level, row, more)
	}
	for _, c := range []struct{ what, findings, want string }{
		{"none", "", ours},
		{"one of each", finding("critical", "waits", "") + "," + finding("critical", "failing", "") + "," + finding("warning", "backing-up", "") + "," + finding("warning", "failure-rate", ""), "critical waits, critical failing, warning backing-up, warning failure-rate, healthy "},
		{"a milder one", finding("warning", "waits", ""), "critical waits, critical failing, warning waits, warning backing-up, warning failure-rate, healthy "},
		{"a milder one of one user", finding("warning", "waits", `,"user":"anna"`), "critical failing, warning waits, warning backing-up, warning failure-rate, healthy "},
		{"a milder one that is over", finding("warning", "waits", `,"over":true`), "critical failing, warning waits, warning backing-up, warning failure-rate, healthy "},
		{"another row of one user", finding("warning", "backing-up", `,"user":"anna"`), ours},
		{"an older one without rows", `{"level":"critical","message":"Very long wait times for one user, anna (25 waiting)"},{"level":"warning","message":"Queue is backing up (24 requests waiting)"}`, "critical , critical failing, warning , warning failure-rate, healthy "},
	} {
		s := decoded(t, `{"status":"healthy","health":{"message":"Fine"},`+many+c.findings+`]}}`)
		var got []string
		for _, f := range Judge(s, Derived{}).Findings {
			got = append(got, f.Level.String()+" "+f.Row)
		}
		check(t, c.what, strings.Join(got, ", "), c.want)
	}
	s := decoded(t, `{"status":"warning","health":{"message":"Worded in another way"},"detail":{"findings":[`+finding("warning", "backing-up", `,"user":"anna","since":"2026-11-23T14:00:00Z"`)+`]}}`)
	v := Judge(s, Derived{})
	if f := v.Findings[0]; len(v.Findings) != 1 || f.Row != "backing-up" || f.User != "anna" || !f.Since.Known {
		t.Errorf("the endpoint's own: got %+v", v.Findings)
	}
	check(t, "the level of its line", s.Detail.LineLevel(), Warning)
}

// Nobody who waits because nothing succeeds is told that a higher tier would help.
func TestJudgeNamesTheOutageThatRequestsWaitFor(t *testing.T) {
	const long = `"metrics":{"currentQueueLength":25,"successful":300,"failed":20}`
	down := Derived{RecentRate: Some(0.0), RecentFinished: Some(20), FailedInARow: 20}
	for _, c := range []struct {
		what, body string
		d          Derived
		want       string
	}{
		{"all succeed", long, Derived{}, "Upgrade API tier, prioritize requests, or add response caching"},
		{"nothing succeeds", long, down, "Nothing succeeds: look at the failures first"},
		{"the endpoint names it", long + `,"detail":{"cause":"network"}`, Derived{}, queue.NetworkError.Remedy()},
		{"all of the last 5 failed", long, Derived{RecentRate: Some(0.0), RecentFinished: Some(5), FailedInARow: 5}, "Nothing succeeds: look at the failures first"},
		{"a row of the endpoint says so", long + `,"detail":{"cause":"","findings":[{"level":"critical","row":"keys","message":"No key","recommendation":"Change it"}]}`, Derived{}, "Change it"},
		{"a row of another lane says so", long + `,"detail":{"cause":"","findings":[{"level":"critical","row":"network","lane":"opus","message":"Away","recommendation":"Check it"}]}`, Derived{}, "Upgrade API tier, prioritize requests, or add response caching"},
		{"a row says that it is over", long + `,"detail":{"cause":"","findings":[{"level":"critical","row":"keys","message":"No key","recommendation":"Change it","over":true}]}`, Derived{}, "Upgrade API tier, prioritize requests, or add response caching"},
		{"the endpoint says that there is none", long + `,"detail":{"cause":""}`, Derived{}, "Upgrade API tier, prioritize requests, or add response caching"},
	} {
		found := false
		for _, f := range Judge(decoded(t, "{"+c.body+"}"), c.d).Findings {
			if strings.HasPrefix(f.Message, "Very long wait times (") {
				found = true
				check(t, c.what, f.Recommendation, c.want)
			}
		}
		check(t, c.what+": found", found, true)
	}
}

// What fails is said by the class that dominates the last minute, where it is known.
func TestJudgeNamesTheFailures(t *testing.T) {
	const few = `"status":"healthy","health":{"message":"Fine"},"metrics":{"successful":3,"failed":20}`
	for body, want := range map[string]string{
		few: "Check the API key (401/403), the network and the tier (429); review the failures in the server's log, or raise the retry attempts",
		few + `,"detail":{"failures":[{"class":"overloaded","count":7},{"class":"network","count":1}]}`: "Wait: the API is overloaded for everybody (529); review the failures in the server's log, or raise the retry attempts",
	} {
		check(t, body, Judge(decoded(t, "{"+body+"}"), Derived{}).Recommendation, want)
	}
}

func TestFailureWords(t *testing.T) {
	for rows, want := range map[string]string{
		``: "",
		`{"class":"network","count":12,"users":3,"names":["a","b","c"]},{"class":"time-out","count":1,"users":1,"names":["anna"]}`: "failed calls in the last minute: 12 network (3 users), 1 time-out (anna)",
		`{"class":"server","count":1200}`: "failed calls in the last minute: 1,200 server",
		`{"class":"server"}, {"count":3}`: "",
		`{"class":"server","count":-1,"users":1},{"class":"client","count":2,"users":1,"names":[7]}`: "failed calls in the last minute: 2 client (1 user)",
	} {
		check(t, rows, decoded(t, `{"detail":{"failures":[`+rows+`]}}`).FailureWords(), want)
	}
	since := time.Date(2026, 11, 23, 14, 2, 31, 0, time.Local)
	s := Sample{Timestamp: Some(since.Add(time.Hour).UTC()), Detail: &Detail{Failures: List[ClassFailures]{{Class: "network", Count: Some(7)}}, FailuresSince: Some(since.UTC())}}
	check(t, "of longer ago", s.FailureWords(), "failed calls since 14:02:31: 7 network")
	s.Timestamp = Some(since.Add(12 * time.Hour).UTC())
	check(t, "of the day before", s.FailureWords(), "failed calls since Mon 23 Nov 14:02:31: 7 network")
}

// A queue that tells its thresholds is judged by them. This one does not tell how long
// the last in line has before it: then the number decides.
func TestJudgeUsesTheQueuesThresholds(t *testing.T) {
	r := queue.Report{Status: "healthy", Health: queue.Health{IsHealthy: true, Message: "Queue is processing normally"}}
	r.Metrics.CurrentQueueLength = 7
	settings := queue.DefaultSettings()
	settings.Thresholds.WarnWaiting = 8
	r.Detail = &queue.Detail{Settings: settings}
	check(t, "7 of 8 waiting", Judge(fromReport(t, r), Derived{}).Level, Healthy)
	r.Metrics.CurrentQueueLength = 8
	check(t, "8 of 8 waiting", Judge(fromReport(t, r), Derived{}).Level, Warning)
}
