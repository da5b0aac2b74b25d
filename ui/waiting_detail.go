package ui

import (
	"fmt"
	"strings"

	"paceline/client"
	"paceline/queue/human"
)

// waitingDetail is everything about the request that is selected, or that was when it was
// last heard of.
type waitingDetail struct {
	open    bool
	request *client.WaitingRequest // nil: none is selected yet
	gone    bool                   // it waits no more, or not here
}

// set takes the request that is selected now.
func (p *waitingDetail) set(l *lineList) {
	if !p.open {
		return
	}
	r := l.chosen()
	switch {
	case r != nil:
		shown := *r
		p.request, p.gone = &shown, false
	case !l.asking && !l.hasCursor():
		p.gone = true
	}
}

// detailLine is a line of the details.
type detailLine struct{ label, text string }

func (p *waitingDetail) view(s *state, w, h int) []string {
	t := s.theme
	head := section{title: "Request", focused: true}
	if p.request == nil {
		return t.section(w, h, head, t.centred("asking"+t.ellipsis, w-3, h-1))
	}
	r := p.request
	head.title = "Request " + t.cut(orNone(t, r.ID.String()), max(w-16, 4))
	text := t.text
	lines := p.lines(s, r)
	if p.gone {
		text = t.muted
		lines = append([]detailLine{{"now", "it is no longer here: started, done, left or moved"}}, lines...)
	}
	const label = 9
	var body []string
	for i, line := range lines {
		if i == h-2 && len(lines) > h-1 { // what does not fit, in one line
			var rest []string
			for _, l := range lines[i:] {
				rest = append(rest, l.text)
			}
			body = append(body, " "+t.muted.Render(t.fit("more", label))+text.Render(t.cut(strings.Join(rest, " "+t.dot+" "), w-label-3)))
			break
		}
		body = append(body, " "+t.muted.Render(t.fit(line.label, label))+text.Render(t.cut(line.text, w-label-3)))
	}
	return t.section(w, h, head, body)
}

// lines are what is known of a request, what matters most first.
func (p *waitingDetail) lines(s *state, r *client.WaitingRequest) []detailLine {
	t := s.theme
	waited := orDash(t, r.Waited, human.Duration)
	if r.Since.Known {
		waited += ", since " + s.clock(r.Since.Value)
	}
	if r.CameBack {
		waited += ", sent again by its client since"
	}
	place := "place " + placeWords(t, r)
	if r.Position.Value <= 0 {
		place = "not in line"
	}
	starts := "nobody knows when"
	switch {
	case r.ETA.Known && r.ETA.Value <= 0:
		starts = "now"
	case r.ETA.Known:
		starts = "in " + t.approx + human.Duration(r.ETA.Value)
	case r.ETAEarly.Known:
		starts = "in " + human.Duration(r.ETAEarly.Value) + " or later: the API pauses the lane until then"
	}
	if words := betweenWords(t, r); words != t.dash {
		starts += " (" + words + ")"
	}
	if r.Guess {
		starts += ", a guess"
	}
	priority := orNone(t, r.Priority)
	if r.Class != "" && r.Class != r.Priority {
		priority += ", counts as " + clean(r.Class) + " for its age"
	}
	attempt := "the first"
	if n := r.Attempt.Value; n > 1 {
		attempt = fmt.Sprintf("number %s, the others have failed", human.Count(n))
	}
	if !r.Attempt.Known {
		attempt = t.dash
	}
	if r.Aside != "" {
		attempt += "; it waits: " + asideWords(r.Aside)
	}
	lane := r.Lane
	if lane == "" {
		lane = "default"
	}
	return []detailLine{
		{"user", userOf(r)},
		{"waits", waited},
		{"starts", place + ", " + starts},
		{"priority", priority},
		{"attempt", attempt},
		{"lane", clean(lane)},
		{"group", orNone(t, r.Group.String())},
		{"session", orNone(t, r.Session)},
	}
}

// asideWords say why a request stands aside.
func asideWords(aside string) string {
	switch aside {
	case "backoff":
		return "it is tried again after a pause"
	case "limit":
		return "the API refuses it while smaller ones pass"
	case "overload":
		return "the API was overloaded"
	case "connection":
		return "the API could not be reached"
	default:
		return clean(aside)
	}
}

// asideShort is asideWords in 18 cells.
func asideShort(aside string) string {
	switch aside {
	case "backoff":
		return "waits to retry"
	case "limit":
		return "waits for a limit"
	case "overload":
		return "API is overloaded"
	case "connection":
		return "API not reached"
	default:
		return clean(aside)
	}
}
