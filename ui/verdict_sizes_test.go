package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// At every size the banner says whole who waits, how many of them, how long, and how long the
// others: the message's figures are left out before.
func TestTheBannerSaysWhoAtEverySize(t *testing.T) {
	const long = "a-very-long-name-of-a-batch-job@department.example.com"
	second := func(n int) client.Opt[time.Duration] { return client.Some(time.Duration(n) * time.Second) }
	flood := func(name string, with ...client.CrowdUser) client.Sample {
		s := incident(60)
		d := s.Detail
		message := "Very long wait times for one user, " + name + " (26 waiting, last in 39 s, users' p95 1 min 41 s)"
		if len(with) > 0 {
			message = "Very long wait times (26 waiting, last in 39 s, users' p95 1 min 41 s)"
		}
		d.Users[0].Name = client.NameOf(name)
		d.Oldest.User = name
		d.Crowd = &client.Crowd{User: client.NameOf(name), Waiting: client.Some(25), OldestWait: second(103), OthersOldest: second(3), With: with}
		s.Status, s.Message = client.Some("critical"), client.Some(message)
		d.Findings = []client.Finding{{Level: client.Critical, Row: queue.RowWaits, Message: message, Recommendation: s.Recommendation.Value, Since: d.Since}}
		return s
	}
	away := flood("alice")
	away.Message = client.Some("The API cannot be reached (78 connection errors in the last minute)")
	away.Detail.Crowd, away.Detail.Cause = nil, client.Some(queue.NetworkError.Name())
	away.Detail.Findings = []client.Finding{{Level: client.Critical, Row: queue.RowNetwork, Message: away.Message.Value, Recommendation: "Check the network"}}
	paused := flood("alice")
	paused.Message = client.Some("Paused by the API until 14:09:31 (in 4 min 12 s)")
	paused.Detail.Findings = []client.Finding{{Level: client.Critical, Row: queue.RowPause, Message: paused.Message.Value, Recommendation: "Wait until 14:09:31"}}
	two := flood("batch_1", client.CrowdUser{User: client.NameOf("batch_2"), Waiting: client.Some(8)}, client.CrowdUser{User: client.NameOf("batch_3"), Waiting: client.Some(7)})
	two.Detail.Crowd.Waiting = client.Some(8)
	type says struct {
		from, to int // columns
		words    string
	}
	for _, c := range []struct {
		name   string
		sample client.Sample
		want   []says
	}{
		{"flooder", flood("alice@example.com"), []says{
			{40, 49, "25, oldest 1m43s; others ≤3s"}, {50, 60, "25, oldest 1 min 43 s; others ≤3.0 s"}, {70, 99, "alice@example.com 25 of 26, oldest 1 min 43 s; others "},
			{80, 98, "Very long wait times for one user (26 waiting, last in 39 s)"}, {100, 120, "alice@example.com 25, oldest 1 min 43 s; others at most 3.0 s"},
		}},
		{"long name", flood(long), []says{
			{40, 49, "25, oldest 1m43s; others ≤3s"}, {50, 60, "25, oldest 1 min 43 s; others ≤3.0 s"}, {70, 99, long + " 25 of 26, oldest 1 min 43 s; others"},
			{100, 119, long + " 25 of 26, oldest 1 min 43 s; others at most 3.0 s"}, {120, 120, long + " 25, oldest 1 min 43 s; others at most 3.0 s"},
		}},
		{"three", two, []says{
			{40, 49, "batch_1 8 and 2 others, oldest 1m43s"}, {50, 60, "batch_1 8"},
			{70, 99, "batch_1 8, batch_2 8, batch_3 7 of 26, oldest 1 min 43 s; others"}, {100, 120, "batch_1 8, batch_2 8, batch_3 7, oldest 1 min 43 s; others at most 3.0 s"},
		}},
		{"outage", away, []says{{40, 120, "The API cannot be reached"}, {80, 120, "oldest 57 s, alice"}}},
		{"pause", paused, []says{{40, 120, "Paused by the API"}, {60, 120, "Paused by the API until 14:09:31"}, {80, 120, "alice 25, oldest 1 min 43 s; others at most 3.0 s"}}},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		r.answerPoll(c.sample)
		for _, size := range [][2]int{{40, 10}, {50, 15}, {60, 20}, {70, 22}, {80, 24}, {90, 30}, {99, 30}, {100, 30}, {120, 36}} {
			w, h := size[0], size[1]
			t.Run(fmt.Sprintf("%s/%dx%d", c.name, w, h), func(t *testing.T) {
				r.size(w, h)
				r.checkFits(w, h)
				banner := strings.Join(r.lines()[1:1+min(5, h-5)], "\n")
				text := strings.Join(strings.Fields(strings.Replace(banner, "since 14:01:40", "", 1)), " ") + " "
				for _, want := range append(c.want, says{40, 120, "do "}) {
					if w >= want.from && w <= want.to && !strings.Contains(text, want.words) {
						t.Errorf("%q is not in\n%s", want.words, banner)
					}
				}
			})
		}
	}
}
