package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"paceline/queue"
)

func TestWaitingListsInOrder(t *testing.T) {
	q := newQueue(t)
	defer hold(t, q, 5)()
	for _, c := range []struct {
		query string
		want  []int // positions
	}{
		{"", []int{1, 2, 3, 4, 5}},
		{"?limit=2", []int{1, 2}},
		{"?limit=2&offset=3", []int{4, 5}},
		{"?offset=5", []int{}},
		{"?offset=1000000&limit=1000", []int{}},
	} {
		w := do(q, "GET", "/api/queue/waiting"+c.query)
		var got struct {
			Total   int
			Waiting []queue.WaitingRequest
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v: %s", c.query, err, w.Body)
		}
		if got.Total != 5 || got.Waiting == nil || len(got.Waiting) != len(c.want) {
			t.Errorf("%q: got total %d and %d listed, want 5 and %d", c.query, got.Total, len(got.Waiting), len(c.want))
			continue
		}
		for i, entry := range got.Waiting {
			if entry.Position != c.want[i] || entry.User == "" || entry.Priority != "normal" {
				t.Errorf("%q: entry %d: got %+v, want position %d, a user, normal", c.query, i, entry, c.want[i])
			}
		}
	}
}

func TestNobodyWaitsIsAnEmptyList(t *testing.T) {
	w := do(newQueue(t), "GET", "/api/queue/waiting")
	if got, want := w.Body.String(), `{"total":0,"matching":0,"waiting":[]}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWaitingRefusesBadNumbers(t *testing.T) {
	q := newQueue(t)
	for _, c := range []struct{ query, want string }{
		{"?limit=0", "limit is \"0\": must be a whole number from 1 to 1000"},
		{"?limit=1001", "limit is \"1001\": must be a whole number from 1 to 1000"},
		{"?limit=-1", "limit is \"-1\""},
		{"?limit=", "limit is \"\""},
		{"?limit=1e3", "limit is \"1e3\""},
		{"?limit=99999999999999999999", "limit is \"99999999999999999999\""},
		{"?offset=-1", "offset is \"-1\": must be a whole number from 0 to 1000000"},
		{"?offset=NaN", "offset is \"NaN\""},
		{"?limit=%00", `limit is "\x00"`},
		{"?limit=%zz", "the query could not be read"},
	} {
		w := do(q, "GET", "/api/queue/waiting"+c.query)
		var got struct{ Error, Details string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v: %s", c.query, err, w.Body)
		}
		if w.Code != 400 || !strings.Contains(got.Details, c.want) {
			t.Errorf("%q: got %d %q, want 400 with %q", c.query, w.Code, got.Details, c.want)
		}
	}
}
