package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// dirty returns the strings reached from v that are not fit for a terminal.
func dirty(v reflect.Value) (bad []string) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); s != Clean(s) {
			return []string{s}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return dirty(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			bad = append(bad, dirty(v.Index(i))...)
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				bad = append(bad, dirty(v.Field(i))...)
			}
		}
	default:
	}
	return bad
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "wire", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		f.Add(body[:len(body)/2])
	}
	full, err := json.Marshal(fullReport())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	for _, s := range []string{"", "null", "<html>", `{"metrics":{"successful":-0}}`, `{"metrics":{"averageWaitTime":"1e9ms","successRate":"NaN%"}}`, `{"error":"x"}`, `{"detail":{"lanes":[{"pace":"\u001b[2J","limits":[{"kind":"k","perMinute":5,"free":-1e300}]}]}}`, `{"detail":{"advice":{"at":"x","p95Ms":-1,"remedies":[{"what":"\u001b[2J"},{"what":"w","p95Ms":1e300}],"published":{"advice":["\u202e",7]}}}}`, `{"detail":{"advice":null}}`, `{"detail":{"events":[{"time":"2025-01-07T20:00:00Z","kind":"\u001b[2J"}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := Decode(body)
		if err != nil {
			var failure *Failure
			if !errors.As(err, &failure) || failure.Words == "" || failure.Words != Clean(failure.Words) || failure.Err == nil {
				t.Fatalf("got %#v, want a Failure in clean words", err)
			}
			return
		}
		if bad := dirty(reflect.ValueOf(s)); bad != nil {
			t.Errorf("let through: %+q", bad)
		}
		if paths := unknownValues("Sample", reflect.ValueOf(s)); paths != nil {
			t.Errorf("unknown, but with a value: %v", paths)
		}
		// What is known stands in the body, under its key.
		for key, known := range map[string]bool{
			"totalRequests": s.Total.Known, "successful": s.Successful.Known, "failed": s.Failed.Known,
			"averageWaitTime": s.Average.Known, "currentQueueLength": s.Waiting.Known, "lastProcessedAt": s.LastProcessed.Known,
			"isHealthy": s.IsHealthy.Known, "message": s.Message.Known, "recommendation": s.Recommendation.Known,
			"status": s.Status.Known, "timestamp": s.Timestamp.Known, "detail": s.Detail != nil,
		} {
			if known && !bytes.Contains(body, []byte(key)) && !bytes.Contains(body, []byte(`\u`)) {
				t.Errorf("%s is known, but was not told", key)
			}
		}
		if r := s.Rate; r.Known && !(r.Value >= 0 && r.Value <= 1) {
			t.Errorf("rate %v", r.Value)
		}
		if s.Total.Value < 0 || s.Waiting.Value < 0 || s.Average.Value < 0 {
			t.Errorf("negative: %+v", s)
		}
		if d := s.Detail; d != nil {
			if a := d.Advice; a != nil {
				if !d.OffersAdvice || len(a.Remedies) > 20 || len(a.Published.Advice) > 10 {
					t.Errorf("advice that cannot be: %v, %d remedies", d.OffersAdvice, len(a.Remedies))
				}
				if best, ok := a.Best(); ok && (best.What == "" || best.P95.Value > a.P95.Value) {
					t.Errorf("the best is %+v of %+v", best, a)
				}
			}
			for _, lane := range d.Lanes {
				for _, l := range lane.Limits {
					if l.Kind == "" || l.PerMinute.Value < 0 || l.PerMinute.Known && int64(l.Free.Value) > max(l.PerMinute.Value, 0) || l.FullIn.Value < 0 {
						t.Errorf("a limit that cannot be: %+v", l)
					}
				}
				if len(lane.Limits) > 8 {
					t.Errorf("%d limits", len(lane.Limits))
				}
			}
		}
		// And the rest of the package can live with it.
		h := NewHistory(time.Second)
		s.At = t0()
		h.Add(s)
		s.At = s.At.Add(time.Second)
		h.Add(s)
		d := h.Derived()
		if p := d.PerMinute; p.Known && (p.Value < 0 || math.IsNaN(p.Value)) {
			t.Errorf("%v per minute", p.Value)
		}
		h.Events()
		if v := Judge(s, d); v.Message == "" || len(v.Findings) == 0 || v.Message != v.Findings[0].Message {
			t.Errorf("verdict %+v", v)
		}
	})
}
