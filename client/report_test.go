package client

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// fill gives every field reached from v a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[queue.Time]():
		v.Set(reflect.ValueOf(queue.Time{Time: t0().Add(time.Duration(*n) * 1234567 * time.Nanosecond)}))
	case v.Type() == reflect.TypeFor[queue.Kind]():
		v.SetString(string(queue.KindStarted))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case v.Kind() == reflect.Bool:
		v.SetBool(*n%2 == 0)
	case v.CanInt():
		v.SetInt(int64(*n))
	case v.CanFloat():
		v.SetFloat(0.25)
	case v.Kind() == reflect.String:
		v.SetString(strings.Repeat("s", *n%5) + "\x1b[31m\tä\u202e")
	}
}

// known reports each Opt reached from v that is unknown.
func unknowns(path string, v reflect.Value) (paths []string) {
	switch v.Kind() {
	case reflect.Pointer:
		return unknowns(path, v.Elem())
	case reflect.Slice:
		if v.Len() == 0 {
			return []string{path}
		}
		for i := range v.Len() {
			paths = append(paths, unknowns(path, v.Index(i))...)
		}
	case reflect.Struct:
		if known := v.FieldByName("Known"); known.IsValid() {
			if !known.Bool() {
				return []string{path}
			}
			return nil
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			paths = append(paths, unknowns(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	default:
	}
	return paths
}

func fullReport() queue.Report {
	var r queue.Report
	n := 0
	fill(reflect.ValueOf(&r).Elem(), &n)
	r.Status = "warning"
	r.Metrics.SuccessRate, r.Metrics.AverageWaitTime = "95.7%", "2345ms"
	r.Detail.Settings = queue.DefaultSettings()
	r.Detail.Findings[0].Level = "critical"
	for i := range r.Detail.Lanes {
		for j := range r.Detail.Lanes[i].Limits {
			l := &r.Detail.Lanes[i].Limits[j]
			l.Free = new(l.PerMinute - 1200*j) // all but one in debt
		}
	}
	return r
}

// What a server writes is read as this process reads its own report.
func TestReportRoundTrip(t *testing.T) {
	full := fullReport()
	absurd := fullReport()
	absurd.Status, absurd.Health.Message = "", "a\xff\ufffdb\nc"
	absurd.Metrics.TotalRequests = math.MaxInt64
	absurd.Metrics.AverageWaitTime = "NaNms"
	absurd.Detail.Running = -1
	absurd.Detail.Settings.MaxQueue = 0
	absurd.Detail.Settings.Thresholds.WarnWaiting = -1
	absurd.Detail.Users[0].Name = ""
	absurd.Detail.Events[0].Kind = ""
	absurd.Detail.Events[1].Time = queue.Time{}
	absurd.Detail.Events[2].Millis = 0
	absurd.Detail.Findings[1].Message = " "
	lanes := absurd.Detail.Lanes
	lanes[0].Pace, lanes[0].WaitsFor, lanes[0].Limits[1].Kind = "", "\x1b[2J", "\u202e"
	lanes[1].Limits[0] = queue.LaneLimit{Kind: "k", PerMinute: 0, Free: new(math.MinInt64), FullInMs: new(int64(-1))}
	lanes[1].Limits[1] = queue.LaneLimit{Kind: "k", PerMinute: -5, Free: new(7), FullInMs: new(int64(math.MaxInt64))}
	lanes[1].Limits[2] = queue.LaneLimit{Kind: "k", PerMinute: 5, Free: new(7)}
	lanes[2].Limits = make([]queue.LaneLimit, 99)
	for i := range lanes[2].Limits {
		lanes[2].Limits[i] = queue.LaneLimit{Kind: "k", PerMinute: 8, Free: new(-i)}
		if i%3 == 0 {
			lanes[2].Limits[i].Free = nil // not told
		}
	}
	absurd.Detail.Advice = &queue.Advice{
		OverMs: -1, Requests: -1, Users: math.MaxInt64, Account: "\x1b[2J", BindsNow: "a\nb", P50Ms: math.MinInt64, P95Ms: math.MaxInt64, Refused: -1,
		MeasuredP95Ms: new(int64), Remedies: make([]queue.Remedy, 99), Published: queue.PublishedAdvice{Advice: make([]string, 99), Verdict: "\u202e"},
	}
	for i := range absurd.Detail.Advice.Remedies {
		absurd.Detail.Advice.Remedies[i] = queue.Remedy{What: strings.Repeat("\u200b", i%2) + strings.Repeat("w", i%3), P95Ms: int64(-i), Refused: i - 5}
		absurd.Detail.Advice.Published.Advice[i] = strings.Repeat("w\x07", i%2)
	}
	idle := fullReport()
	idle.Detail.Lanes = []queue.Lane{}
	var empty queue.Report
	bare := fullReport()
	bare.Detail = nil
	var noDetail queue.Report
	noDetail.Detail = &queue.Detail{}
	for name, r := range map[string]queue.Report{"full": full, "absurd": absurd, "empty": empty, "idle": idle, "bare": bare, "empty detail": noDetail} {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := FromReport(r)
		if want := decoded(t, string(body)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: FromReport got\n%+v\nDecode\n%+v", name, got, want)
		}
	}
	s := FromReport(full)
	if missing := unknowns("Sample", reflect.ValueOf(s)); len(missing) > 0 {
		t.Errorf("a full report leaves unknown: %v", missing)
	}
	check(t, "settings", s.Detail.Settings.Rule().Value, queue.DefaultSettings())
	check(t, "advice is told of", FromReport(noDetail).Detail.Advises && FromReport(full).Detail.Advises, true)
	check(t, "no advice", FromReport(noDetail).Detail.Advice == nil, true)
	check(t, "lane", s.Detail.Lanes[0].Name != "", true)
	check(t, "limits", len(FromReport(absurd).Detail.Lanes[2].Limits), maxLimits)
	for name, r := range map[string]struct {
		queue.Report
		told bool
	}{"idle": {idle, true}, "empty detail": {noDetail, false}} {
		check(t, name+": lanes are told of", FromReport(r.Report).Detail.Lanes != nil, r.told)
	}
}

func TestFromReportNaN(t *testing.T) {
	r := fullReport()
	r.Detail.PerMinute = math.NaN()
	r.Detail.Settings.Thresholds.WarnSuccess = math.Inf(1)
	*r.Detail.Recent.SuccessRate = math.NaN()
	d := FromReport(r).Detail
	check(t, "per minute", d.PerMinute.Known, false)
	check(t, "rate", d.RecentRate.Known, false)
	_, known := d.Settings.Named("warnSuccess")
	check(t, "the setting that is no number", known, false)
	check(t, "the others", len(d.Settings), len(queue.SettingTable())-1)
}

func BenchmarkFromReport(b *testing.B) {
	r := fullReport()
	for len(r.Detail.Events) < maxEvents {
		r.Detail.Events = append(r.Detail.Events, r.Detail.Events[0])
	}
	body, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("embedded", func(b *testing.B) {
		for b.Loop() {
			FromReport(r)
		}
	})
	b.Run("wire", func(b *testing.B) {
		for b.Loop() {
			if _, err := Decode(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
