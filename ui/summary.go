package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"paceline/queue/human"
)

// How much of the lists a summary has.
const (
	summaryUsers    = 10
	summaryTroubles = 5
)

// copySummary puts a summary of what is on the screen into the clipboard of the terminal,
// which may not allow that and does not say so.
func (m *Model) copySummary() tea.Cmd {
	s := m.state()
	s.keyless = true
	return tea.Batch(tea.SetClipboard(s.summary()), m.notify("summary copied (your terminal may not allow it)", false))
}

// summary is what the monitor shows, as Markdown: for a ticket or a chat.
func (s *state) summary() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	at := s.at
	if s.past {
		at = s.sample.Timestamp.Value
	}
	line("### paceline %s, %s\n", markdown(s.status.name), at.In(s.zone).Format("2 January 2006 15:04:05 MST"))
	h := s.headline
	since := ""
	if words := s.sinceWords(); words != "" && h.isVerdict {
		since = " (" + markdown(words) + ")"
	}
	line("**%s**: %s%s\n", strings.ToUpper(h.word), markdown(h.message), since)
	for _, item := range s.summaryItems() {
		if item.text != "" {
			line("- %s: %s", item.label, markdown(item.text))
		}
	}
	if !s.known {
		return b.String()
	}
	if users := s.summaryTable(); users != "" {
		line("\n%s", users)
	}
	if list := s.latestTroubles(summaryTroubles); len(list) > 0 {
		line("\nTroubles, the newest first:\n")
		for _, e := range list {
			line("- %s", markdown(strings.TrimSpace(ansi.Strip(s.troubleLine(e.span(s.clock), e)))))
		}
	}
	return b.String()
}

// summaryItems are the verdict's reasons and the counters.
func (s *state) summaryItems() []labelled {
	const wide = 1000 // nothing is left out for want of room
	var items []labelled
	h := s.headline
	if h.isVerdict && !h.isOther {
		items = append(items, labelled{label: "who", text: s.whoWords()}, labelled{label: "why", text: s.whyWords(wide)})
	}
	for _, a := range h.advice {
		if h.isVerdict {
			a = s.doWords(a, h.action, wide)
		}
		items = append(items, labelled{label: "do", text: a})
	}
	items = append(items, labelled{label: "also", text: strings.Join(h.others, "; ")})
	if !s.known {
		return items
	}
	var counters []string
	for _, f := range append([]figure{{label: "waiting", text: func(s *state) string { return orDash(s.theme, s.sample.Waiting, human.Count[int]) }}}, s.counters(100)...) {
		if text := f.text(s); text != s.theme.dash && (f.label != "waiting" || len(counters) == 0) {
			counters = append(counters, f.label+" "+text)
		}
	}
	return append(items,
		labelled{label: "counters", text: strings.Join(counters, ", ")},
		labelled{label: "success", text: s.successWords()})
}

// summaryTable is the users that wait; empty where nobody does.
func (s *state) summaryTable() string {
	var rows []string
	more := 0
	for _, u := range s.detail().Users {
		switch {
		case u.Waiting.Value == 0:
		case len(rows) == summaryUsers:
			more++
		default:
			rows = append(rows, fmt.Sprintf("| %s | %s | %s |", markdown(u.Name.String()), orDash(s.theme, u.Waiting, human.Count[int]), orDash(s.theme, u.Oldest, human.Duration)))
		}
	}
	if len(rows) == 0 {
		return ""
	}
	table := "| user | waiting | oldest |\n|---|--:|--:|\n" + strings.Join(rows, "\n")
	if more > 0 {
		table += fmt.Sprintf("\n\nand %s more", human.Plural(more, "user"))
	}
	return table
}

// markdown makes text from the network plain text in Markdown.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|~&$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
