package client

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDecodeWire(t *testing.T) {
	const normal = "Queue is processing normally"
	const upgrade = "Consider upgrading API tier or implementing additional rate limiting"
	utc := func(s string) Opt[time.Time] {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return Some(at)
	}
	none := Opt[string]{}
	for _, c := range []struct {
		file string
		want Sample
	}{
		{"idle", Sample{
			Status: Some("healthy"), Timestamp: utc("2025-01-07T19:30:00Z"),
			Metrics: Metrics{
				Total: Some[int64](0), Successful: Some[int64](0), Failed: Some[int64](0),
				RateText: Some("0.0%"), Average: Some(time.Duration(0)), AverageText: Some("0ms"), Waiting: Some(0),
			},
			Health: Health{IsHealthy: Some(true), Message: Some(normal), Recommendation: none},
		}},
		{"healthy", Sample{
			Status: Some("healthy"), Timestamp: utc("2025-01-07T19:45:00Z"),
			Metrics: Metrics{
				Total: Some[int64](50), Successful: Some[int64](45), Failed: Some[int64](2),
				RateText: Some("90.0%"), Rate: Some(45.0 / 47), Average: Some(2345 * time.Millisecond), AverageText: Some("2345ms"), Waiting: Some(3),
				LastProcessed: utc("2025-01-07T19:44:58Z"),
			},
			Health: Health{IsHealthy: Some(true), Message: Some(normal), Recommendation: none},
		}},
		{"healthy-short", Sample{
			Status: Some("healthy"), Timestamp: utc("2025-01-07T19:45:00Z"),
			Metrics: Metrics{
				Total: Some[int64](47), Successful: Some[int64](45), Failed: Some[int64](2),
				RateText: Some("95.7%"), Rate: Some(45.0 / 47), Average: Some(2345 * time.Millisecond), AverageText: Some("2345ms"), Waiting: Some(3),
				LastProcessed: utc("2025-01-07T19:44:58Z"),
			},
			Health: Health{IsHealthy: Some(true), Message: Some(normal), Recommendation: none},
		}},
		{"warning", Sample{
			Status: Some("warning"), Timestamp: utc("2025-01-07T19:46:10.250Z"),
			Metrics: Metrics{
				Total: Some[int64](61), Successful: Some[int64](47), Failed: Some[int64](2),
				RateText: Some("77.0%"), Rate: Some(47.0 / 49), Average: Some(8120 * time.Millisecond), AverageText: Some("8120ms"), Waiting: Some(12),
				LastProcessed: utc("2025-01-07T19:46:09.911Z"),
			},
			Health: Health{IsHealthy: Some(false), Message: Some("Queue is backing up (12 requests waiting)"), Recommendation: Some(upgrade)},
		}},
		{"failing", Sample{
			Status: Some("healthy"), Timestamp: utc("2025-01-07T20:01:00Z"),
			Metrics: Metrics{
				Total: Some[int64](54), Successful: Some[int64](39), Failed: Some[int64](15),
				RateText: Some("72.2%"), Rate: Some(39.0 / 54), Average: Some(3100 * time.Millisecond), AverageText: Some("3100ms"), Waiting: Some(0),
				LastProcessed: utc("2025-01-07T20:00:41Z"),
			},
			Health: Health{IsHealthy: Some(true), Message: Some(normal), Recommendation: none},
		}},
		{"long-wait", Sample{
			Status: Some("warning"), Timestamp: utc("2025-01-07T20:12:30Z"),
			Metrics: Metrics{
				Total: Some[int64](138), Successful: Some[int64](110), Failed: Some[int64](3),
				RateText: Some("79.7%"), Rate: Some(110.0 / 113), Average: Some(45 * time.Second), AverageText: Some("45000ms"), Waiting: Some(25),
				LastProcessed: utc("2025-01-07T20:12:27.730Z"),
			},
			Health: Health{IsHealthy: Some(false), Message: Some("Queue is backing up (25 requests waiting)"), Recommendation: Some(upgrade)},
		}},
	} {
		got, err := Decode(wire(t, c.file))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", c.file, got, err, c.want)
		}
	}
}

func TestDecodeFailures(t *testing.T) {
	for _, c := range []struct{ body, words string }{
		{string(wire(t, "error-500")), "the server failed: Failed to fetch metrics (Unknown error)"},
		{string(wire(t, "reset")), "this JSON is not the metrics of a queue"},
		{``, "the answer is empty"},
		{" \n", "the answer is empty"},
		{`<!DOCTYPE html><html>`, "HTML came instead of JSON"},
		{`{"status":"healthy","metr`, "the JSON breaks off after 25 bytes"},
		{`{"metrics":{}} and more`, "more follows after the JSON"},
		{`{"metrics":{}}{"metrics":{}}`, "more follows after the JSON"},
		{`hello`, "the answer is not JSON"},
		{`[1,2]`, "the JSON is not an object"},
		{`null`, "the JSON is not an object"},
		{`"healthy"`, "the JSON is not an object"},
		{`{}`, "this JSON is not the metrics of a queue"},
		{`{"status":"healthy"}`, "this JSON is not the metrics of a queue"},
		{`{"error":"no \u001b[31mkey\u202e"}`, "the server failed: no key"},
		{`{"details":"only why"}`, "the server failed: only why"},
		{strings.Repeat("[", 20000), "the answer is not JSON"},
	} {
		s, err := Decode([]byte(c.body))
		var f *Failure
		if !errors.As(err, &f) || f.Words != c.words || f.Err == nil {
			t.Errorf("Decode(%.60q): got %+v, %v, want a Failure %q", c.body, s, err, c.words)
		}
	}
}

// Each field by itself: what makes no sense is unknown, never zero, and counted.
func TestDecodeUnknown(t *testing.T) {
	for _, c := range []struct {
		what, body string
		unread     int
	}{
		{"nothing inside", `{"metrics":{},"health":{}}`, 0},
		{"null", `{"status":null,"timestamp":null,"metrics":null,"health":null,"detail":null}`, 0},
		{"null inside", `{"metrics":{"totalRequests":null,"successful":null,"failed":null,"successRate":null,"averageWaitTime":null,"currentQueueLength":null,"lastProcessedAt":null},"health":{"isHealthy":null,"message":null,"recommendation":null}}`, 0},
		{"another type", `{"status":7,"timestamp":1736280000,"metrics":{"totalRequests":"50","successful":[],"failed":{},"successRate":95.7,"averageWaitTime":2345,"currentQueueLength":true,"lastProcessedAt":false},"health":{"isHealthy":"yes","message":1,"recommendation":["x"]}}`, 12},
		{"lists for objects", `{"metrics":[1],"health":"fine","detail":[]}`, 3},
		{"negative", `{"metrics":{"totalRequests":-1,"successful":-5,"failed":-0.5,"successRate":"-3.0%","averageWaitTime":"-20ms","currentQueueLength":-3}}`, 6},
		{"NaN", `{"metrics":{"successRate":"NaN%","averageWaitTime":"NaNms","lastProcessedAt":"Invalid Date"}}`, 3},
		{"absurd", `{"timestamp":"0001-01-01T00:00:00Z","metrics":{"totalRequests":1e300,"successful":99999999999999999999,"failed":1e999,"successRate":"900.0%","averageWaitTime":"99999999999999ms","currentQueueLength":1e12,"lastProcessedAt":"9999-01-01T00:00:00Z"}}`, 8},
		{"fractions", `{"metrics":{"totalRequests":1.5,"successful":0.1,"failed":2.25,"currentQueueLength":3.7}}`, 4},
		{"other words", `{"status":"","metrics":{"successRate":"good","averageWaitTime":"2 minutes","lastProcessedAt":"yesterday"},"health":{"message":"  ","recommendation":""}}`, 3},
		{"other units", `{"metrics":{"successRate":"0.95","averageWaitTime":"2345"}}`, 2},
		{"forms of numbers", `{"metrics":{"successRate":"0x1p2%","averageWaitTime":"1e3ms"}}`, 2},
		{"infinite", `{"metrics":{"successRate":"Infinity%","averageWaitTime":"Infms"}}`, 2},
		{"two dots", `{"metrics":{"successRate":"9.5.7%","averageWaitTime":"..ms"}}`, 2},
	} {
		s := decoded(t, c.body)
		if s.Unread != c.unread {
			t.Errorf("%s: %d could not be read, want %d", c.what, s.Unread, c.unread)
		}
		s.Detail, s.Unread = nil, 0
		if !reflect.DeepEqual(s, Sample{}) {
			t.Errorf("%s: got %+v, want all unknown", c.what, s)
		}
	}
}

func TestDecodeRate(t *testing.T) {
	for _, c := range []struct {
		metrics string
		want    Opt[float64]
	}{
		{`"successful":45,"failed":2,"successRate":"90.0%"`, Some(45.0 / 47)}, // the counters say it
		{`"successful":0,"failed":4,"successRate":"50.0%"`, Some(0.0)},
		{`"successful":0,"failed":0,"successRate":"0.0%"`, Opt[float64]{}}, // nothing finished
		{`"successRate":"90.0%"`, Some(0.9)},
		{`"successRate":"0.0%"`, Opt[float64]{}}, // perhaps nothing finished
		{`"failed":3,"successRate":"0.0%"`, Some(0.0)},
		{`"successful":45`, Opt[float64]{}},
		{`"failed":3`, Opt[float64]{}},
	} {
		s := decoded(t, `{"metrics":{`+c.metrics+`}}`)
		check(t, c.metrics, s.Rate, c.want)
	}
}

func TestDecodeIsLenientInForm(t *testing.T) {
	s := decoded(t, "\ufeff \n"+`{"metrics":{"totalRequests":3.0,"successful":1e2,"averageWaitTime":"2345.5ms"},"health":{"message":"a\u0000b\nc","isHealthy":false}}`+"\n")
	check(t, "total", s.Total, Some[int64](3))
	check(t, "successful", s.Successful, Some[int64](100))
	check(t, "average", s.Average, Some(2345500*time.Microsecond))
	check(t, "message", s.Message, Some("ab c"))
	check(t, "isHealthy", s.IsHealthy, Some(false))
}

func TestDecodeDetail(t *testing.T) {
	s := decoded(t, `{"metrics":{},"detail":{
		"version":"v1\u001b[2J","uptimeMs":-1,"resets":2,"running":"3","perMinute":12.5,"nextStartMs":null,"oldestWaitMs":62000,
		"wait":{"count":3,"averageMs":1.5,"p95Ms":"x"},
		"recent":{"finished":20,"successRate":1.5},
		"capacity":{"activeUsers":4,"band":"Good"},
		"findings":[{"level":"dire","message":"odd"},{"level":"critical"},7,{"level":"Critical","message":"bad","recommendation":"run"}],
		"lanes":[{"name":"a","waiting":1,"pausedUntil":"2025-01-07T20:00:00.000Z"},{}],
		"users":[{"name":"u","waiting":2,"done":-1,"lastWaitMs":900},{"waiting":3}],
		"events":[{"time":"2025-01-07T20:00:00Z","kind":"added","user":"u\u202e1","waiting":3},{"kind":"busy"},{"time":"2025-01-07T20:00:00Z"},null],
		"settings":{"minDelayMs":1500,"thresholds":{"warnWaiting":9,"criticalWaiting":"many"}}}}`)
	d := s.Detail
	check(t, "version", d.Version, Some("v1"))
	check(t, "uptime", d.Uptime, Opt[Uptime]{})
	check(t, "resets", d.Resets, Some[int64](2))
	check(t, "running", d.Running, Opt[int]{})
	check(t, "per minute", d.PerMinute, Some(12.5))
	check(t, "next start", d.NextStart, Opt[time.Duration]{})
	check(t, "oldest", d.OldestWait, Some(62*time.Second))
	check(t, "wait", d.Wait, Quantiles{Count: Some[int64](3), Average: Some(1500 * time.Microsecond)})
	check(t, "recent rate", d.RecentRate, Opt[Share]{})
	check(t, "active", d.ActiveUsers, Some(4))
	if want := (List[Finding]{{Level: Warning, Message: "odd"}, {Level: Critical, Message: "bad", Recommendation: "run"}}); !reflect.DeepEqual(d.Findings, want) {
		t.Errorf("findings: got %+v, want %+v", d.Findings, want)
	}
	paused := Some(time.Date(2025, 1, 7, 20, 0, 0, 0, time.UTC))
	if want := (List[Lane]{{Name: "a", Waiting: Some(1), PausedUntil: paused}, {}}); !reflect.DeepEqual(d.Lanes, want) {
		t.Errorf("lanes: got %+v, want %+v", d.Lanes, want)
	}
	if want := (List[User]{{Name: NameOf("u"), Waiting: Some(2), LastWait: Some(900 * time.Millisecond)}}); !reflect.DeepEqual(d.Users, want) {
		t.Errorf("users: got %+v, want %+v", d.Users, want)
	}
	if want := (List[Event]{{At: paused.Value, Kind: "added", Text: "Request added for u‹202e›1 (queue: 3)", User: "u‹202e›1"}}); !reflect.DeepEqual(d.Events, want) {
		t.Errorf("events: got %+v, want %+v", d.Events, want)
	}
	thresholds := d.Settings.Thresholds()
	check(t, "warnWaiting", thresholds.Value.WarnWaiting, 9)
	check(t, "criticalWaiting", thresholds.Value.CriticalWaiting, 20)
	check(t, "thresholds known", thresholds.Known, true)
	check(t, "rule known", d.QueueSettings().Known, false)
}

// What is told of a lane's limits, each figure by itself.
func TestDecodeLimits(t *testing.T) {
	n, free := Some[int64], Some[Balance]
	for _, c := range []struct {
		limit string
		want  List[Limit]
	}{
		{`{"kind":"requests","perMinute":50,"free":38,"fullInMs":14400}`, List[Limit]{{"requests", n(50), free(38), Some(14400 * time.Millisecond)}}},
		{`{"kind":"input tokens","perMinute":30000,"free":-1200,"fullInMs":0}`, List[Limit]{{"input tokens", n(30000), free(-1200), Some(time.Duration(0))}}},
		{`{"kind":"output tokens","perMinute":10000000,"free":10000000}`, List[Limit]{{"output tokens", n(1e7), free(1e7), Opt[time.Duration]{}}}},
		{`{"kind":"odd \u001b[31mred"}`, List[Limit]{{Kind: "odd red"}}},
		{`{"kind":"k","perMinute":0,"free":0}`, List[Limit]{{Kind: "k", Free: free(0)}}},
		{`{"kind":"k","perMinute":-1,"free":1.5,"fullInMs":-1}`, List[Limit]{{Kind: "k"}}},
		{`{"kind":"k","perMinute":50,"free":51}`, List[Limit]{{Kind: "k", PerMinute: n(50)}}},
		{`{"kind":"k","perMinute":"50","free":null,"fullInMs":1e300}`, List[Limit]{{Kind: "k"}}},
		{`{"kind":"k","perMinute":1e13,"free":-1e13}`, List[Limit]{{Kind: "k"}}},
		{`{"perMinute":50,"free":38}`, List[Limit]{}},
		{`{"kind":7}`, List[Limit]{}},
		{`"requests"`, List[Limit]{}},
	} {
		s := decoded(t, `{"detail":{"lanes":[{"name":"a","pace":"adaptive","waitsFor":"","limits":[`+c.limit+`]}]}}`)
		if want := (List[Lane]{{Name: "a", Pace: Some("adaptive"), Limits: c.want}}); !reflect.DeepEqual(s.Detail.Lanes, want) {
			t.Errorf("%s: got %+v, want %+v", c.limit, s.Detail.Lanes, want)
		}
	}
	for body, told := range map[string]bool{`{}`: false, `{"lanes":null}`: false, `{"lanes":{}}`: false, `{"lanes":[]}`: true, `{"lanes":[7]}`: true} {
		s := decoded(t, `{"detail":`+body+`}`)
		check(t, body+": lanes are told of", s.Detail.Lanes != nil, told)
		check(t, body+": lanes", len(s.Detail.Lanes), 0)
	}
}

func TestDecodeBoundsLists(t *testing.T) {
	many := func(row string) string { return "[7," + strings.Repeat(row+",", 999) + row + "]" }
	d := decoded(t, `{"detail":{"events":`+many(`{"time":"2025-01-07T20:00:00Z","kind":"idle"}`)+
		`,"users":`+many(`{"name":"u"}`)+`,"findings":`+many(`{"message":"m"}`)+
		`,"lanes":`+many(`{"limits":[{"kind":"a"},{"kind":"b"},{},7,{"kind":"d"},{"kind":"e"},{"kind":"f"},{"kind":"g"},{"kind":"h"},{"kind":"i"}]}`)+`}}`).Detail
	check(t, "events", len(d.Events), 256)
	check(t, "users", len(d.Users), 200)
	check(t, "findings", len(d.Findings), 20)
	check(t, "lanes", len(d.Lanes), 200)
	check(t, "limits, of which one is none", len(d.Lanes[199].Limits), 7)
	newest := decoded(t, `{"detail":{"events":[`+strings.Repeat(`{"time":"2025-01-07T20:00:00Z","kind":"busy"},`, 300)+`{"time":"2025-01-07T20:00:00Z","kind":"idle"}]}}`).Detail.Events
	check(t, "the newest event", newest[255].Kind, "idle")
}

// What encoding/json would do by itself: each of these is a figure too many.
func TestDecodeIsStrictInKeys(t *testing.T) {
	for _, body := range []string{
		`{"metrics":{"TotalRequests":5,"totalrequests":6,"TOTALREQUESTS":7}}`,
		`{"metrics":{"totalReque\u017fts":5}}`, // a long s, which folds to s
		`{"metrics":{"totalRequests":5},"metrics":{}}`,
		`{"metrics":{"totalRequests":5,"totalRequests":null}}`,
		`{"Metrics":{"totalRequests":5},"health":{}}`,
		`{"metrics":{"Total":5,"Metrics":{"totalRequests":5}}}`,
		`{"metrics":{},"totalRequests":5}`,
	} {
		check(t, body, decoded(t, body).Total, Opt[int64]{})
	}
	check(t, "an escaped key", decoded(t, `{"metrics":{"\u0074otalRequests":5}}`).Total, Some[int64](5))
	check(t, "the last of two", decoded(t, `{"metrics":{"totalRequests":5,"totalRequests":6}}`).Total, Some[int64](6))
}

// Who has no name, or of whom nobody knows how many wait, is no crowd.
func TestDecodeCrowd(t *testing.T) {
	for body, want := range map[string]bool{
		`{"user":"alice","waiting":9}`:         true,
		`{"user":"alice"}`:                     false,
		`{"user":"alice","waiting":"9"}`:       false,
		`{"user":"alice","waiting":0}`:         false,
		`{"user":null,"waiting":9}`:            false,
		`{"user":7,"waiting":9}`:               false,
		`{"waiting":null,"oldestWaitMs":null}`: false,
		`null`:                                 false,
	} {
		s, err := Decode([]byte(`{"detail":{"crowd":` + body + `}}`))
		if err != nil || s.Detail == nil || (s.Detail.Crowd != nil) != want {
			t.Errorf("%s: got %+v, %v, want a crowd: %v", body, s.Detail, err, want)
		}
	}
}

// What an answer tells in detail is counted as well, however it is decoded: of an event whether
// it is one.
func TestUnreadDetail(t *testing.T) {
	for body, want := range map[string]int{
		`{"detail":{"uptimeMs":5,"running":2,"users":[{"user":"anna","waiting":3}],"events":[{"id":1,"kind":"started","at":"2026-11-30T12:00:00Z"}]}}`: 0,
		`{"detail":{"cause":"","lanes":[{"name":"a","pause":"","waitsFor":""}],"findings":[{"level":"warning","action":""}]}}`:                         0,
		`{"detail":{"cause":7,"lanes":[{"name":"a","pause":[]}]}}`:                                                                                     2,
		`{"detail":{"uptimeMs":"5","running":[2],"simulated":"yes","wait":7}}`:                                                                         4,
		`{"detail":{"users":[7,{"user":"anna","waiting":"3"}],"lanes":{}}}`:                                                                            3,
		`{"detail":{"events":[7,null,{"kind":"started"},"x"]}}`:                                                                                        2,
		`{"detail":{"settings":{"minDelayMs":"1500"},"new":{"anything":[1]}}}`:                                                                         1,
	} {
		s, err := new(decoder).decode([]byte(body))
		if all, err2 := Decode([]byte(body)); err != nil || err2 != nil || s.Unread != want || all.Unread != want {
			t.Errorf("%s: %d and %d could not be read, want %d: %v, %v", body, s.Unread, all.Unread, want, err, err2)
		}
	}
}

func TestUnreadWords(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "1 value of the answer cannot be read", 12: "12 values of the answer cannot be read"} {
		check(t, want, Sample{Unread: n}.UnreadWords(), want)
	}
}
