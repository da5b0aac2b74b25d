package replay

import (
	"testing"
	"time"
)

// A user who hangs up asks the next message, counts as no failure, and nobody
// sends the message again.
func TestUsersHangUp(t *testing.T) {
	for _, leaves := range []time.Duration{100 * time.Millisecond, time.Second} { // before the first byte, and in mid-stream
		l := Load{Name: "who leaves", Users: 1, Account: AccountWith(tier1), Messages: func() []*Message {
			m := message(0, 0, short)
			m.HangUpAfter, m.Next = leaves, message(0, 1, short)
			return []*Message{m}
		}}
		for _, p := range Paces() {
			r := runPace(t, &l, p.Name)
			if r.HungUp != 1 || r.Failures > 0 || len(r.Answers) != 1 || len(r.Calls) != 2 {
				t.Errorf("%s: %d hung up, %d failed, %d answers to %d calls; want 1, 0, 1 and 2", p.Name, r.HungUp, r.Failures, len(r.Answers), len(r.Calls))
			}
			if p.Name == NoQueue && r.Answers[0].asked() != leaves {
				t.Errorf("%s: the next one was asked at %v, want %v", p.Name, r.Answers[0].asked(), leaves)
			}
		}
	}
}

// A user who would hang up after the answer's end is answered.
func TestUsersThatStayAreAnswered(t *testing.T) {
	l := Load{Name: "who stays", Users: 1, Account: AccountWith(tier1), Messages: modified(allAtOnce(1, 2, short), func(m *Message) { m.HangUpAfter = 2 * m.Call.Took })}
	for _, p := range Paces() {
		if r := runPace(t, &l, p.Name); r.HungUp > 0 || len(r.Answers) != 2 {
			t.Errorf("%s: %d hung up and %d were answered, want 0 and 2", p.Name, r.HungUp, len(r.Answers))
		}
	}
}

// The API produces nothing more once the user has hung up.
func TestTheAPIStopsAtAHangUp(t *testing.T) {
	l := Load{Name: "who leaves", Users: 1, Account: AccountWith(tier1), Messages: func() []*Message {
		m := message(0, 0, withExactTokens(300, 4000))
		m.HangUpAfter = m.Call.FirstToken + 10*time.Second
		return []*Message{m}
	}}
	messages := l.Messages()
	s, err := newSimulation(&l, atOnce{}, messages)
	if err != nil {
		t.Fatal(err)
	}
	s.now = WarmUp
	if _, err := s.run(t.Context(), messages, 1); err != nil {
		t.Fatal(err)
	}
	if n := s.accounts[""].Running(s.clock()); n != 0 {
		t.Errorf("%d answers run, want none", n)
	}
}

// The caller's own mistake is sent once under every pace.
func TestMistakesAreSentOnce(t *testing.T) {
	for _, status := range []int{400, 404, 413} {
		l := Load{Name: "a mistake", Users: 1, Account: AccountWith(tier1), Messages: modified(allAtOnce(1, 1, short), func(m *Message) { m.Call.Malformed = status })}
		for _, p := range Paces() {
			r, err := Run(t.Context(), &l, Pace{Name: p.Name, newPacer: p.newPacer})
			if err != nil || r.Failures != 1 || len(r.Calls) != 1 || r.Calls[0].Status != status {
				t.Errorf("%s, %d: got %v, %d failures and the calls %v; want one of each", p.Name, status, err, r.Failures, r.Calls)
			}
		}
	}
}
