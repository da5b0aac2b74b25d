// Package ui is the live monitor: a Bubble Tea program over a [client.Source],
// and one plain line a poll where there is no terminal.
//
// The one idea: data is either live or visibly not. A failed poll is shown at once,
// old figures are dimmed, and a plot has a gap where no poll succeeded.
//
// [Run] is what most callers want. [Plain] is for pipes and cron. [New] gives the
// bare model, for a program that is run by somebody else, an SSH server for
// instance.
//
// How a picture comes about: only [Model.Update] changes state, and all I/O is in
// commands. One view fills the screen: the overview, or one that is opened from it.
// A view has its own keys, its layout and its panes; it asks the model for what is
// not its own. A layout says which pane gets which rectangle. A pane fills its
// rectangle from a state that it can only read; it names no colour, no key and no
// size of the screen. A new view is a type that implements view, and a line in
// newViews.
package ui

import (
	"context"
	"time"

	"paceline/client"
)

// The bounds of the poll interval.
const (
	MinInterval     = 500 * time.Millisecond
	MaxInterval     = time.Minute
	DefaultInterval = time.Second
)

// defaultTimeout is how long one poll or reset may take unless told otherwise.
const defaultTimeout = 5 * time.Second

// Themes that [Options] knows.
const (
	ThemeAuto  = "auto" // dark, until the terminal says that its background is light
	ThemeDark  = "dark"
	ThemeLight = "light"
)

// Options set up the monitor. Only Source is needed.
type Options struct {
	Source client.Source
	// Demo is what an embedded demo can do beyond its source. Without it the
	// demo's keys are neither active nor shown.
	Demo client.Demo
	// Tuner changes the queue's settings. Without it, or where the source does
	// not tell its settings, there is no settings view, and its key is neither
	// active nor shown.
	Tuner client.Tuner
	// Resumer lets a lane try at once that is paused, or that a breaker holds back.
	// Without it, and while there is no such lane, the key for it is neither active nor shown.
	Resumer client.Resumer
	// Line tells who waits, and cancels and moves requests. Without it the monitor shows
	// the users, and the keys for it are neither active nor shown.
	Line client.Line
	// Historian tells what happened before the monitor began. Without it the plots begin
	// empty.
	Historian client.Historian
	// Interval is the time between polls, 0.5 to 60 s; what lies outside is
	// moved inside. Zero means 1 s.
	Interval time.Duration
	// Timeout is how long one poll or reset may take. Zero means 5 s.
	Timeout time.Duration
	// ASCII draws nothing beyond ASCII: for terminals and fonts that know no
	// other glyphs. Names that people gave are shown as they are.
	ASCII bool
	// Theme is ThemeAuto, ThemeDark or ThemeLight. Empty means ThemeAuto.
	Theme string
	// Bell rings the terminal's bell, and has it show a message, when the queue stands
	// worse than before. Without it the key that mutes it is neither active nor shown.
	Bell bool
	// OnChange is told of each change for the better or the worse, one at a time; its
	// context ends with the monitor. While it is busy the latest change waits and older
	// ones are dropped. Its first failure is shown. Nil: nobody is told.
	OnChange func(context.Context, Change) error
	// NoMouse leaves the mouse to the terminal, which then selects text with it.
	NoMouse bool
	// Version is this program's, for the help. May be empty.
	Version string
	// Zone is where the clocks are. Nil means time.Local.
	Zone *time.Location
}

// withDefaults returns the options with every zero replaced.
func (o Options) withDefaults() Options {
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	o.Interval = min(max(o.Interval, MinInterval), MaxInterval)
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Theme == "" {
		o.Theme = ThemeAuto
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	return o
}
