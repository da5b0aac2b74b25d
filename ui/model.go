package ui

import (
	"errors"
	"time"

	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"

	"paceline/client"
)

// Model is the root of the monitor and the only one that changes state. Make it
// with [New]; it is for one tea.Program, see [Run].
type Model struct {
	options Options
	poll    poller
	keys    globalKeys
	home    *overview
	views   []opener // in the order of keys.Open
	current view     // home, or one of the views
	theme   *theme
	dark    bool
	narrow  bool // the terminal's icons take one cell
	auto    bool // the terminal's answer decides between dark and light
	profile colorprofile.Profile

	now       time.Time // of the newest message
	began     time.Time
	history   *client.History
	heard     time.Time // when the endpoint last told its detail
	missing   missingPast
	live      snapshot
	overOf    time.Time // when the slice began with which live.over and live.going were made; zero: they are to be made anew
	frozen    *snapshot // what the panes show instead, while frozen or back in time
	book      *eventBook
	comparing bool              // the moment that is shown is compared with another one
	seeking   bool              // an earlier incident is looked for, once the day is told
	askedPast map[blockKey]bool // the blocks of it that were asked for
	askAgain  time.Time         // when the moment that is shown is asked for again; zero: it was over
	scene     string
	window    time.Duration

	w, h     int
	helping  bool
	helpTop  int       // the first row of the help in sight
	question *question // nil while none is asked
	notice   notice
	bell     bell
	changes  changes
	link     *link //  to the terminal; nil where somebody else runs the program
	parts    frameParts
	leaving  bool
	ticking  bool // a clockMsg is on its way
	spin     spinner.Model
	spinning bool // a spinner.TickMsg is on its way

	dirty bool // the picture is to be drawn again
	drawn tea.View
	fatal error // why the program ended, if it did not by itself
}

// New returns the monitor for a tea.Program. Most callers want [Run], which
// also ends what is under way when the program ends.
func New(o Options) *Model {
	o = o.withDefaults()
	m := &Model{
		options:   o,
		poll:      newPoller(o),
		home:      newOverview(o),
		dark:      o.Theme != ThemeLight,
		auto:      o.Theme == ThemeAuto,
		profile:   colorprofile.ANSI256,
		history:   client.NewHistory(o.Interval),
		book:      newEventBook(o),
		askedPast: map[blockKey]bool{},
		window:    windows()[1],
		changes:   changes{tell: o.OnChange},
		dirty:     true,
	}
	m.views = newViews(o, m.home, m.book)
	m.current, m.keys = m.home, newGlobalKeys(o, m.views)
	m.spin = newSpinner(o.ASCII)
	m.retheme()
	return m
}

// Init implements [tea.Model]: it polls at once.
func (m *Model) Init() tea.Cmd { return m.init(time.Now()) }

func (m *Model) init(now time.Time) tea.Cmd {
	now = now.In(m.options.Zone)
	m.now, m.began = now, now
	return tea.Batch(m.askTerminal(), m.poll.start(now), m.startClock(),
		m.poll.after(askEmojiDelay, askEmojiMsg{}), m.startSpinner())
}

// Update implements [tea.Model].
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) { return m, m.handle(msg, time.Now()) }

// handle is Update at a given time.
func (m *Model) handle(msg tea.Msg, now time.Time) tea.Cmd {
	showed := m.showsClock()
	m.now = now.In(m.options.Zone)
	defer m.trackEffect(msg)()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case clockMsg:
		m.ticking = false
		if showed || m.showsClock() {
			m.redraw()
		}
	case tea.RawMsg: // Bubble Tea's to write
		return nil
	case lateMsg:
		if m.isLate() {
			m.redraw()
		}
	case duePollMsg:
		if msg.tag == m.poll.tag {
			if m.poll.failure != nil {
				m.redraw()
			}
			cmd = m.poll.start(now)
		}
	case pollMsg:
		cmd = m.handlePoll(msg)
	case resetMsg:
		cmd = m.apply(m.handleReset(msg.failure))
	case pastMsg:
		cmd = m.takePast(msg)
	case dayMsg:
		cmd = tea.Batch(m.receive(msg), m.takeDay(msg))
		m.redraw()
	case lineDoneMsg:
		cmd = m.apply(m.handleLineDone(msg))
	case noticeOverMsg:
		if msg.tag == m.notice.tag {
			m.notice.text = ""
			m.redraw()
		}
	case spinner.TickMsg:
		m.spinning = false
		if m.isWaiting() {
			m.spin, _ = m.spin.Update(msg) // its own tick command is dropped; startSpinner sends the next
			m.redraw()
		}
	case askEmojiMsg:
		cmd = m.askEmoji()
	case changeToldMsg:
		cmd = m.handleChangeTold(msg)
	case uv.UnknownCsiEvent:
		if msg == statusGood || msg == statusBad {
			return m.handleStatus()
		}
		return nil
	case leaveMsg:
		return m.leave()
	case fatalMsg:
		m.fatal = msg.err
		return m.leave()
	default:
		cmd = m.handleTerminal(msg)
	}
	return tea.Batch(cmd, m.startClock(), m.startSpinner(), m.askLine())
}

// handlePoll takes the answer to a poll.
func (m *Model) handlePoll(msg pollMsg) tea.Cmd {
	cmd, ok := m.poll.done(msg, m.now)
	if !ok {
		return nil
	}
	if msg.failure != nil {
		m.history.Fail(m.now, msg.failure)
	} else {
		m.history.Add(msg.sample)
		if m.isOtherServer(msg.sample) {
			m.book.otherServer()
			m.poll.otherServer()
		}
		m.takeLine(msg)
	}
	if m.options.Demo != nil {
		m.scene = clean(m.options.Demo.Scene())
		m.keys.paced(m.options.Demo.Spaced())
	}
	m.takeSnapshot()
	m.enableViews()
	past := tea.Batch(m.askPast(msg), m.askMomentAgain())
	received := m.receive(msg)
	m.redraw() // with what the views have taken
	if m.poll.again {
		cmd = m.poll.start(m.now)
	}
	return tea.Batch(cmd, received, past, m.tellChange(msg.failure))
}

// isOtherServer reports whether another server answers than before, or another build of it:
// it may offer what the one before did not.
func (m *Model) isOtherServer(s client.Sample) bool {
	if m.history.Derived().Discontinuity == client.KindRestarted {
		return true
	}
	before := m.live.sample.Detail
	return before != nil && s.Detail != nil && before.Version != s.Detail.Version
}

// takeLine takes who waits. Where that was asked for and not told, it is not known, and is
// asked for more rarely, or no more.
func (m *Model) takeLine(msg pollMsg) {
	switch {
	case msg.sample.Detail == nil: // and nobody tells who waits
		m.live.line, m.live.lineFailure = nil, nil
	case msg.line != nil:
		m.live.line, m.live.lineQuery, m.live.lineFailure = msg.line, msg.query, nil
	case m.poll.lineAt.Equal(m.poll.started):
		m.live.line, m.live.lineFailure, m.poll.lineOff = nil, msg.lineFailure, lineRest
		if f := msg.lineFailure; f != nil && errors.Is(f, client.ErrNotOffered) {
			m.poll.lineOff = lineNever
		}
	case m.now.Sub(m.poll.lineAt) > lineInterval: // nobody looked
		m.poll.lineOld = true
	}
}

// askLine polls earlier than is due where the view that is open shows others of those that
// wait than are known, or where they were changed.
func (m *Model) askLine() tea.Cmd {
	q := m.poll.query
	if q == nil || m.live.sample.Detail == nil || !m.poll.lineOld && m.live.line != nil && m.live.lineQuery == *q {
		return nil
	}
	return m.poll.startForLine(m.now)
}

// takeSnapshot renews the live snapshot from the history.
func (m *Model) takeSnapshot() {
	m.live.derived, m.live.totals = m.history.Derived(), m.history.Totals()
	m.live.events = m.history.Events()
	before := m.live.verdict.Level
	if sample, ok := m.history.Last(); ok {
		m.live.known, m.live.sample = true, sample
		m.live.verdict = client.Judge(sample, m.live.derived)
	}
	if began := m.history.SliceBegan(); !began.Equal(m.overOf) || m.live.verdict.Level != before {
		m.overOf = began
		m.live.over, m.live.going = incidentEvents(m.history.Incidents(), m.live.verdict.Level, m.options.Zone)
	}
}

// redraw gives the view that is open what it shows, and has the screen drawn again.
func (m *Model) redraw() {
	m.dirty = true
	m.current.set(m.state(), m.w, m.h)
	m.poll.query = nil
	if v, ok := m.current.(lister); ok {
		m.poll.query = v.lineQuery()
	}
}
