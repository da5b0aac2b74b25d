package api_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/api"
)

// sharedIDs has requests of several users wait that have IDs in common, and returns what the
// Do of each returns, by the group and the user.
func sharedIDs(t *testing.T) (q *queue.Queue, left map[string]<-chan error) {
	t.Helper()
	q = newQueue(t)
	runs(t, q, "first")
	left = map[string]<-chan error{}
	for _, r := range []queue.Request{
		{ID: "x", Group: "red", User: "alice"}, {ID: "x", Group: "red", User: "bob"}, {ID: "x", Group: "blue", User: "alice"},
		{ID: "y", Group: "blue", User: "bob"}, {ID: "y", User: "dan"}, {ID: "z", Group: "red", User: "cat"},
	} {
		left[r.ID+" of "+r.Group+" "+r.User] = waits(t, q, r)
	}
	return q, left
}

// One that is asked for, cancelled or raised is the one that is meant, and never another
// user's of the same ID.
func TestAnIDOfSeveralUsers(t *testing.T) {
	const whose, token = "?user=NAME", "?user=NAME&group=TOKEN"
	for _, c := range []struct {
		viewer, target string
		code           int
		want           string // whom it hits, or what the answer says
	}{
		{"all", "x", 409, whose},
		{"all", "x?user=bob", 200, "x of red bob"},
		{"all", "x?user=alice", 409, token},
		{"all", "x?user=alice&group=blue", 200, "x of blue alice"},
		{"all", "x?user=alice&group=red", 200, "x of red alice"},
		{"all", "x?group=blue", 200, "x of blue alice"},
		{"all", "x?group=red", 409, whose},
		{"all", "x?user=cat", 404, "Not waiting"},
		{"all", "y?group=", 200, "y of  dan"},
		{"all", "y?user=dan&group=", 200, "y of  dan"},
		{"all", "z", 200, "z of red cat"},
		{"all", "first", 404, "Not waiting"},
		{"all", "first?user=bob", 404, "Not waiting"},
		{"red", "x", 409, whose},
		{"red", "x?user=alice", 200, "x of red alice"},
		{"red", "x?user=alice&group=blue", 404, "Not waiting"},
		{"blue", "x", 200, "x of blue alice"}, // its only one, as if no other waited
		{"blue", "x?user=bob", 404, "Not waiting"},
		{"blue", "y", 200, "y of blue bob"},
		{"blue", "z", 404, "Not waiting"},
		{"green", "x", 404, "Not waiting"},
		{"nobody", "y", 404, "Not waiting"},
		{"all", "x?user=", 400, "name one user"},
		{"all", "x?user=bob&user=alice", 400, "name one user"},
		{"all", "x?user=bob&group=red&group=blue", 400, "name one group"},
		{"all", "x?user=%zz", 400, "could not be read"},
	} {
		for _, method := range []string{"GET", "PATCH", "DELETE"} {
			name := method + " " + c.target + " by " + c.viewer
			q, left := sharedIDs(t)
			s := api.New(q, api.Options{Viewer: viewerOf})
			body, code, want := "", c.code, c.want
			if method == "PATCH" {
				body = `{"priority":"high"}`
			}
			if c.target == "first" && method != "GET" {
				code, want = 409, "has started"
			}
			r := httptest.NewRequest(method, "/api/queue/waiting/"+c.target, strings.NewReader(body))
			r.Header.Set("x-viewer", c.viewer)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			answer := strings.ReplaceAll(w.Body.String(), `\u0026`, "&")
			if w.Code != code || code != 200 && !strings.Contains(answer, want) {
				t.Errorf("%s: got %d: %s, want %d and %q", name, w.Code, answer, code, want)
			}
			var found queue.WaitingRequest
			if err := json.Unmarshal(w.Body.Bytes(), &found); method == "GET" && code == 200 && (err != nil || found.ID+" of "+found.Group+" "+found.User != want) {
				t.Errorf("%s: got %s, want %s", name, answer, want)
			}
			hit := 0
			for _, one := range q.Waiting(queue.WaitingQuery{Limit: 10}).Waiting {
				who := one.ID + " of " + one.Group + " " + one.User
				if raised := one.Priority == "high"; raised != (method == "PATCH" && who == want) {
					t.Errorf("%s: %s has %s priority", name, who, one.Priority)
				}
				hit++
			}
			if cancelled := method == "DELETE" && code == 200; (hit == len(left)-1) != cancelled {
				t.Errorf("%s: %d of %d wait", name, hit, len(left))
			} else if cancelled {
				if err := <-left[want]; !errors.Is(err, queue.ErrCancelled) {
					t.Errorf("%s: its caller got %v", name, err)
				}
			}
		}
	}
}
