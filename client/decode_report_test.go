package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// invent sets every exported field reached from v to a value of its own.
func invent(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[queue.Time]():
		v.Set(reflect.ValueOf(queue.Time{Time: t0().Add(time.Duration(*n) * 1234567 * time.Nanosecond)}))
	case v.Type() == reflect.TypeFor[queue.Kind]():
		v.SetString(string(queue.KindStarted))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				invent(v.Field(i), n)
			}
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		invent(v.Elem(), n)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			invent(v.Index(i), n)
		}
	case v.Kind() == reflect.Bool:
		v.SetBool(*n%2 == 0)
	case v.CanInt():
		v.SetInt(int64(*n))
	case v.CanFloat():
		v.SetFloat(0.25)
	case v.Kind() == reflect.String:
		v.SetString(strings.Repeat("s", 1+*n%5) + " ä <")
	}
}

// unknowns returns the paths of the unknown figures reached from v.
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
	invent(reflect.ValueOf(&r).Elem(), &n)
	r.Status = "warning"
	r.Metrics.SuccessRate, r.Metrics.AverageWaitTime = "95.7%", "2345ms"
	r.Detail.Settings = queue.DefaultSettings()
	for i, level := range []Level{Healthy, Warning, Critical} {
		r.Detail.Findings[i].Level = level.String()
	}
	limits := func(of []queue.LaneLimit) {
		for j := range of {
			of[j].Free = new(of[j].PerMinute - 1200*j) // all but one in debt
		}
	}
	for i := range r.Detail.Lanes {
		limits(r.Detail.Lanes[i].Limits)
	}
	for i := range r.Detail.Slices {
		r.Detail.Slices[i].Level = Level(i).String()
		for j := range r.Detail.Slices[i].Lanes {
			limits(r.Detail.Slices[i].Lanes[j].Limits)
		}
	}
	return r
}

// leaves returns the values in v's JSON, each under its path.
func leaves(t *testing.T, v any) map[string]any {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(path+"."+key, value)
			}
		case []any:
			for i, value := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), value)
			}
		default:
			all[path] = v
		}
	}
	walk("", tree)
	maps.DeleteFunc(all, func(path string, _ any) bool {
		return strings.HasPrefix(path, ".detail.events[") || strings.HasSuffix(path, ".idleMs")
	})
	return all
}

// Every figure that a server writes is read, and written again as it was; but for
// the events, which become words, and for how long each user has been away.
func TestReportRoundTrip(t *testing.T) {
	r := fullReport()
	s := fromReport(t, r)
	check(t, "values that cannot be read", s.Unread, 0)
	if missing := unknowns("Sample", reflect.ValueOf(s)); len(missing) > 0 {
		t.Errorf("a full report leaves unknown: %v", missing)
	}
	check(t, "events", len(s.Detail.Events), len(r.Detail.Events))
	got, want := leaves(t, s), leaves(t, r)
	for path, v := range want {
		if got[path] != v {
			t.Errorf("%s: got %v, want %v", path, got[path], v)
		}
	}
	check(t, "figures", len(got), len(want))
	check(t, "settings", s.Detail.QueueSettings().Value, queue.DefaultSettings())
	check(t, "advice is told of", s.Detail.OffersAdvice, true)
}

// As much of a slice is read as a server tells.
func TestSliceBounds(t *testing.T) {
	of := reflect.TypeFor[Slice]()
	for name, most := range map[string]int{"LongestWaits": queue.SliceUsers, "Lanes": queue.SliceLanes} {
		f, _ := of.FieldByName(name)
		check(t, name, f.Tag.Get("first"), strconv.Itoa(most))
	}
}

// What a report says of nothing: null is not none.
func TestReportOfNothing(t *testing.T) {
	check(t, "no detail", fromReport(t, queue.Report{}).Detail == nil, true)
	d := fromReport(t, queue.Report{Detail: &queue.Detail{}}).Detail
	check(t, "no lanes are told of", d.Lanes == nil, true)
	check(t, "advice is told of", d.OffersAdvice, true)
	check(t, "no advice", d.Advice == nil, true)
	d = fromReport(t, queue.Report{Detail: &queue.Detail{Lanes: []queue.Lane{}}}).Detail
	check(t, "lanes are told of", d.Lanes != nil && len(d.Lanes) == 0, true)
	a, err := FromAdvice(nil)
	check(t, "advice of none", a == nil && err == nil, true)
}

func TestReportThatIsNoJSON(t *testing.T) {
	r := fullReport()
	r.Detail.PerMinute = math.NaN()
	_, err := FromReport(r)
	if f, ok := errors.AsType[*Failure](err); !ok || f.Words == "" || f.Err == nil {
		t.Errorf("got %v, want a Failure in words", err)
	}
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
			if _, err := FromReport(r); err != nil {
				b.Fatal(err)
			}
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
