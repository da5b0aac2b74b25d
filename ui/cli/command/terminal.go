package command

import (
	"io"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
)

// OpenKeys returns the reader of keys for a program that draws on out: stdin, or the
// controlling terminal where stdin is something else, as in a pipe or a loop over the
// lines of a file. It returns nil where nothing can be drawn: out is no terminal, or
// one that knows no escapes, or there is no terminal to read from. closeKeys is never
// nil.
func (a *App) OpenKeys(out io.Writer) (keys io.Reader, closeKeys func()) {
	closeKeys = func() {}
	switch {
	case !isTerminal(out) || a.Getenv("TERM") == "dumb":
		return nil, closeKeys
	case isTerminal(a.In):
		return a.In, closeKeys
	}
	in, console, err := tea.OpenTTY() // where a terminal is one file, both are that
	if err != nil {
		return nil, closeKeys
	}
	return in, func() {
		_ = in.Close()
		_ = console.Close()
	}
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(term.File)
	return ok && term.IsTerminal(f.Fd())
}

// Columns returns the width for a text: that of the terminal, between 40 and most;
// without a terminal 80, or most if that is less.
func (a *App) Columns(most int) int {
	const least, usual = 40, 80
	if f, ok := a.Out.(term.File); ok {
		if w, _, err := term.GetSize(f.Fd()); err == nil && w > 0 {
			return min(max(w, least), most)
		}
	}
	return min(usual, most)
}
