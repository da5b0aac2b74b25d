package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// userPage is everything about one user: figures, the requests that wait, and what happened.
type userPage struct {
	line   client.Line // nil where nobody tells who waits
	name   client.Name // zero: the page is closed
	asking bool
	page   *client.WaitingPage // who waits; nil while that is not known
	lines  []string
	top    int // the first line in sight
	room   int // lines in sight
}

func (p *userPage) isOpen() bool { return !p.name.IsZero() }

func (p *userPage) open(name client.Name) { p.name, p.page, p.top = name, nil, 0 }

func (p *userPage) close() { p.name, p.page = client.Name{}, nil }

// ask asks for the user's requests, unless that is under way.
func (p *userPage) ask() effect {
	if p.line == nil || p.asking || !p.isOpen() {
		return effect{}
	}
	p.asking = true
	return askUserLine(p.line, p.name)
}

// take takes the answer. Where it is of another user, whose page was open before, it asks anew.
func (p *userPage) take(msg userLineMsg) effect {
	p.asking = false
	if msg.user != p.name {
		return p.ask()
	}
	p.page = msg.page
	return effect{}
}

// set writes the page for w×h cells, the rule included.
func (p *userPage) set(s *state, u *client.User, book *eventBook, w, h int) {
	if !p.isOpen() {
		return
	}
	p.room = max(h-1, 1)
	p.lines = p.body(s, u, book, w-3)
	p.top = max(min(p.top, len(p.lines)-p.room), 0)
}

// scroll takes a key that scrolls. It reports false for any other key.
func (p *userPage) scroll(msg tea.KeyPressMsg, k scrollKeys) (ok bool) {
	if p.top, ok = k.move(msg, p.top, p.room, len(p.lines)); !ok {
		return false
	}
	p.top = max(min(p.top, len(p.lines)-p.room), 0)
	return true
}

// userHistory is how many of a user's events are listed.
const userHistory = 200

// body is the page in lines of w cells.
func (p *userPage) body(s *state, u *client.User, book *eventBook, w int) []string {
	t := s.theme
	if u == nil || u.Name != p.name {
		return []string{t.muted.Render(t.cut("the server does not list this user any more", w))}
	}
	lines := append(s.userFigures(u, w), "")
	const besides = 110 // cells from which on the requests stand beside what happened
	if w < besides {
		return slices.Concat(lines, p.requests(s, u, w), []string{""}, s.userEvents(u, book, w))
	}
	left := w / 2
	requests, events := p.requests(s, u, left-2), s.userEvents(u, book, w-left)
	for i := range max(len(requests), len(events)) {
		line := spaces(left)
		if i < len(requests) {
			line = t.fit(requests[i], left)
		}
		if i < len(events) {
			line += events[i]
		}
		lines = append(lines, line)
	}
	return lines
}

// userEvents is what happened to a user.
func (s *state) userEvents(u *client.User, book *eventBook, w int) []string {
	t := s.theme
	lines := []string{t.accent.Render(t.cut("What happened, the newest first", w))}
	events := book.of(u.Name.String(), userHistory)
	if len(events) == 0 {
		lines = append(lines, t.muted.Render(t.cut("nothing that is still known", w)))
	}
	for _, e := range slices.Backward(events) {
		for _, of := range []string{" for ", " of "} { // the title says whose
			e.Text = strings.Replace(e.Text, of+e.User, "", 1)
		}
		lines = append(lines, t.cut(s.eventLine(s.clock(e.At), e), w))
	}
	return lines
}

// userFigures are a user's figures in lines of w cells.
func (s *state) userFigures(u *client.User, w int) (lines []string) {
	t, r := s.theme, recent(u)
	say := func(first string, words ...string) {
		words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
		if len(words) == 0 {
			return
		}
		const label = 9
		for i, line := range t.wrap(strings.Join(words, ", "), w-label, w-label, 4) {
			if i > 0 {
				first = ""
			}
			lines = append(lines, t.muted.Render(t.fit(first, label))+line)
		}
	}
	waiting := "nothing waits"
	if u.Waiting.Value > 0 {
		waiting = human.Count(u.Waiting.Value) + " waiting" + known(u.Oldest, ", oldest %s", human.Duration)
	}
	say("now", waiting, known(u.Running, "%s running", human.Count[int]))
	say("5 min", known(r.Starts, "%s started", human.Count[int64])+known(r.StartsShare, " (%s of all)", wholeShare),
		known(r.Tokens, "%s tokens", human.ShortCount[int64])+known(r.TokensShare, " (%s)", wholeShare),
		known(r.P95Wait, "p95 wait %s", human.Duration))
	if most := slices.Max(append(r.Waiting, 0)); most > 0 {
		lines = append(lines, t.muted.Render(t.fit("", 9))+t.cut("waiting "+s.userSpark(u, most)+" "+human.Count(most)+" at most", w-9))
	}
	if words := failedWords(u); words != "" {
		lines = append(lines, t.muted.Render(t.fit("", 9))+t.crit.Render(t.cut("failed: "+words, w-9)))
	}
	say("in all", known(u.Done, "%s done", human.Count[int64]), known(u.Failed, "%s failed", human.Count[int64]), known(u.LastWait, "last wait %s", human.Duration))
	say("used", usageWords(u.Usage)...)
	return lines
}

// known writes a figure into a format; empty if it is unknown.
func known[T any](o client.Opt[T], format string, write func(T) string) string {
	if !o.Known {
		return ""
	}
	return fmt.Sprintf(format, write(o.Value))
}

// requests are those of the user that wait.
func (p *userPage) requests(s *state, u *client.User, w int) []string {
	t := s.theme
	head := "Waiting " + human.Count(u.Waiting.Value) + ", by turn"
	switch {
	case u.Waiting.Value == 0:
		return []string{t.accent.Render("Nothing waits")}
	case p.page == nil:
		words := "which requests is not told"
		if p.asking {
			words = t.ellipsis
		}
		return []string{t.accent.Render(t.cut("Waiting "+human.Count(u.Waiting.Value), w)), t.muted.Render(t.cut(words, w))}
	}
	lines := []string{t.accent.Render(t.cut(head, w))}
	for _, r := range p.page.Waiting {
		place := t.dash
		if r.Position.Value > 0 {
			place = human.ShortCount(r.Position.Value)
		}
		starts := "start not known"
		switch {
		case r.Aside != "":
			starts = asideShort(r.Aside)
		case r.ETA.Known && r.ETA.Value <= 0:
			starts = "starts now"
		case r.ETA.Known:
			starts = "starts in " + t.approx + human.Short(r.ETA.Value)
		case r.ETAEarly.Known:
			starts = "starts in ≥" + human.Short(r.ETAEarly.Value)
		}
		line := t.fitRight(place, 3) + t.fitRight(known(r.Waited, "waited %s", human.Short), 14) + "  " + t.fit(starts, 18) + t.fit(clean(r.Priority), 8)
		lines = append(lines, t.text.Render(t.cut(line+clean(r.Lane), w)))
	}
	return lines
}

func (p *userPage) view(s *state, w, h int) []string {
	t := s.theme
	head := section{title: t.cut("Users "+t.dot+" "+clean(p.name.String()), w-16), focused: true}
	if len(p.lines) > p.room {
		head.note = fmt.Sprintf("%d-%d of %d lines", p.top+1, min(p.top+p.room, len(p.lines)), len(p.lines))
	}
	var body []string
	for _, line := range p.lines[p.top:min(p.top+p.room, len(p.lines))] {
		body = append(body, " "+line)
	}
	return t.section(w, h, head, body)
}
