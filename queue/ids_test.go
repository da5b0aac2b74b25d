package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// findOne, cancelOne and setOne are what a machine does about the one request of an ID, and
// whether it did it.
func findOne(m *Machine, now time.Time, id string) (WaitingRequest, bool) {
	w, err := m.Find(now, RequestQuery{ID: id})
	return w, err == nil
}

func cancelOne(m *Machine, now time.Time, id, by string) bool {
	return m.Cancel(now, RequestQuery{ID: id}, by) == nil
}

func setOne(m *Machine, now time.Time, id string, p Priority, by string) bool {
	return m.SetPriority(now, RequestQuery{ID: id}, p, by) == nil
}

// queryOf means t, or an earlier one with its ID of its user.
func queryOf(t *Ticket) RequestQuery {
	return RequestQuery{ID: t.ID(), User: t.user.name, Group: &t.user.group}
}

// queries are all the ways to ask for an ID: of whom, of which groups, and as whom.
func queries(id string, names ...string) (all []RequestQuery) {
	viewers := []Viewer{{}, {OwnOnly: true}}
	groups := []*string{nil}
	for i := range names {
		viewers = append(viewers, Viewer{OwnOnly: true, Group: names[i]})
		groups = append(groups, &names[i])
	}
	for _, user := range append(slices.Clone(names), "") {
		for _, group := range groups {
			for _, viewer := range viewers {
				all = append(all, RequestQuery{ID: id, User: user, Group: group, Viewer: viewer})
			}
		}
	}
	return all
}

func words(q RequestQuery) string {
	group := "any"
	if q.Group != nil {
		group = *q.Group
	}
	return fmt.Sprintf("%q of user %q, group %s, as %+v", q.ID, q.User, group, q.Viewer)
}

// meant is which of all that wait a query means, looked for one by one.
func meant(m *Machine, q RequestQuery) (first *Ticket, err error) {
	for t := range m.arrivals.All {
		switch {
		case t.ID() != q.ID, q.User != "" && q.User != t.user.name, q.Group != nil && *q.Group != t.user.group, !q.Viewer.sees(t.user.group):
		case first == nil:
			first = t
		case first.user != t.user:
			return nil, ErrManyUsers
		}
	}
	if first == nil {
		return nil, ErrNotWaiting
	}
	return first, nil
}

// idScript has requests wait behind one that runs, and is called "runs", of red's ann. Their
// names say whose they are, and which of them.
func idScript(t *testing.T) *script {
	t.Helper()
	s := slowScript(t, time.Hour)
	s.add("first", Request{ID: "runs", Group: "red", User: "ann"})
	s.step()
	for _, r := range []struct{ name, id string }{
		{"red ann 1", "x"}, {"red bob 1", "x"}, {"blue ann 1", "x"}, {"red ann 2", "x"}, {"red bob 2", "y"}, {"red bob 3", "y"},
		{"blue ann 2", "8"}, {"red ann 3", ""}, // the last one is number 9
		{"red bob 4", "9"}, {"red ann 4", "9"}, {"blue cat 1", "z"},
		{"blue dan 1", ""}, {"red bob 5", "13"}, // number 13, and one that is called so
	} {
		of := strings.Fields(r.name)
		s.add(r.name, Request{ID: r.id, Group: of[0], User: of[1]})
	}
	return s
}

// idCases are queries, and what they mean.
var idCases = []struct {
	id, user, group, viewer string // viewer: the group of a member; empty: all are seen
	want                    string
}{
	{"x", "", "", "", "many"},
	{"x", "ann", "", "", "many"}, // red's and blue's
	{"x", "ann", "red", "", "red ann 1"},
	{"x", "ann", "blue", "", "blue ann 1"},
	{"x", "bob", "", "", "red bob 1"},
	{"x", "", "red", "", "many"},
	{"x", "", "blue", "", "blue ann 1"},
	{"x", "", "", "red", "many"},
	{"x", "", "", "blue", "blue ann 1"},
	{"x", "ann", "", "blue", "blue ann 1"},
	{"x", "ann", "red", "blue", "none"},
	{"x", "bob", "", "blue", "none"},
	{"x", "bob", "", "red", "red bob 1"},
	{"x", "", "", "green", "none"},
	{"x", "cat", "", "", "none"},
	{"y", "", "", "", "red bob 2"}, // both are bob's
	{"y", "", "", "blue", "none"},
	{"z", "", "", "", "blue cat 1"},
	{"z", "", "", "red", "none"},
	{"z", "ann", "", "", "none"},
	{"8", "", "", "", "blue ann 2"},
	{"9", "", "", "", "many"}, // ann's ninth, and one that bob calls so
	{"9", "ann", "", "", "red ann 3"},
	{"9", "bob", "", "red", "red bob 4"},
	{"9", "", "", "blue", "none"},
	{"13", "", "", "", "many"},
	{"13", "", "", "blue", "blue dan 1"},
	{"13", "bob", "", "", "red bob 5"},
	{"runs", "", "", "", "started"},
	{"runs", "ann", "", "red", "started"},
	{"runs", "", "", "blue", "none"}, // it is another's
	{"runs", "bob", "", "", "none"},
	{"runs", "ann", "blue", "", "none"},
	{"1", "", "", "", "none"}, // it is called otherwise
	{"", "", "", "", "none"},
}

// Of several requests with one ID the one that is meant is found, cancelled and changed, and
// another's never is.
func TestOneIsMeantByItsIDAndItsUser(t *testing.T) {
	errs := map[string]error{"none": ErrNotWaiting, "many": ErrManyUsers, "started": ErrStarted}
	for _, c := range idCases {
		query := RequestQuery{ID: c.id, User: c.user, Viewer: Viewer{OwnOnly: c.viewer != "", Group: c.viewer}}
		if c.group != "" {
			query.Group = &c.group
		}
		why := errs[c.want]
		s := idScript(t)
		w, err := s.m.Find(s.now, query)
		if c.want == "started" {
			err = errors.Join(err, ErrStarted) // it is told to who would change it
		}
		if !errors.Is(err, why) || err == nil && w.Group+" "+w.User != c.want[:len(c.want)-2] {
			t.Errorf("%s is found as %+v, %v, want %s", words(query), w, err, c.want)
		}
		if err := s.m.SetPriority(s.now, query, High, ""); !errors.Is(err, why) {
			t.Errorf("%s is raised: got %v, want %v", words(query), err, why)
		}
		for _, ticket := range waitingTickets(s.m) {
			if (ticket.priority == High) != (s.names[ticket] == c.want) {
				t.Errorf("%s: %s has %v priority", words(query), s.names[ticket], ticket.priority)
			}
		}
		if err := s.m.Cancel(s.now, query, ""); !errors.Is(err, why) {
			t.Errorf("%s is cancelled: got %v, want %v", words(query), err, why)
		}
		s.run(60)
		for name, err := range s.final {
			if errors.Is(err, ErrCancelled) != (name == c.want) {
				t.Errorf("%s: %s ended with %v", words(query), name, err)
			}
		}
	}
}

// What a query means changes with those that leave.
func TestTheRestOfAnID(t *testing.T) {
	s := idScript(t)
	for _, step := range []struct{ user, group, next string }{
		{"bob", "red", "many"}, {"ann", "red", "many"}, {"ann", "blue", "red ann"}, {"ann", "red", "none"},
	} {
		if err := s.m.Cancel(s.now, RequestQuery{ID: "x", User: step.user, Group: &step.group}, ""); err != nil {
			t.Fatalf("%+v: %v", step, err)
		}
		w, err := s.m.Find(s.now, RequestQuery{ID: "x"})
		got := w.Group + " " + w.User
		switch {
		case errors.Is(err, ErrManyUsers):
			got = "many"
		case errors.Is(err, ErrNotWaiting):
			got = "none"
		}
		if got != step.next {
			t.Errorf("once one of %s's %s is gone, x is %q, want %q", step.group, step.user, got, step.next)
		}
	}
	if _, ok := s.m.ids.twins["x"]; ok || len(s.m.ids.named) != 3 {
		t.Errorf("kept are %d twins, %d names", len(s.m.ids.twins), len(s.m.ids.named))
	}
}
