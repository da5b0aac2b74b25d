package ui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

// focus is which pane has the keys.
type focus uint8

const (
	onEvents focus = iota
	onUsers
)

// Model is the root of the monitor and the only one that changes state. Make it
// with [New]; it is for one tea.Program, see [Run].
type Model struct {
	options Options
	poll    poller
	keys    keyMap
	theme   *theme
	dark    bool
	narrow  bool // the terminal's icons take one cell
	auto    bool // the terminal's answer decides between dark and light
	profile colorprofile.Profile

	now     time.Time // of the newest message
	began   time.Time
	history *client.History
	live    shot
	frozen  *shot // what the panes show instead, while frozen
	scene   string
	window  time.Duration

	w, h       int
	layout     layout
	focus      focus
	users      usersPane
	events     eventsPane
	helping    bool
	confirming bool
	tuning     settingsView
	tuner      tuner
	lanes      listView
	resuming   *client.Lane // whose pause is to be ended, while that is being confirmed; else nil
	advice     listView
	flash      flash
	ticking    bool // a clockMsg is on its way
	spin       spinner.Model
	spinning   bool // a spinner.TickMsg is on its way

	dirty  bool // the picture is to be drawn again
	drawn  tea.View
	failed error // why the program ended, if it did not by itself
}

// flash is what was just done, for a few seconds.
type flash struct {
	text string
	bad  bool
	tag  int
}

const flashTime = 6 * time.Second

// New returns the monitor for a tea.Program. Most callers want [Run], which
// also ends what is under way when the program ends.
func New(o Options) *Model {
	o = o.withDefaults()
	m := &Model{
		options: o,
		poll:    newPoller(o),
		keys:    newKeyMap(o.Demo != nil, o.ASCII),
		dark:    o.Theme != ThemeLight,
		auto:    o.Theme == ThemeAuto,
		profile: colorprofile.ANSI256,
		history: client.NewHistory(o.Interval),
		window:  windows()[1],
		dirty:   true,
	}
	m.users, m.events = newUsersPane(), newEventsPane(m.keys)
	m.tuner = newTuner(o.Tuner)
	m.spin = newSpinner(o.ASCII)
	m.retheme()
	return m
}

// Init implements [tea.Model]: it polls at once.
func (m *Model) Init() tea.Cmd { return m.init(time.Now()) }

func (m *Model) init(now time.Time) tea.Cmd {
	now = now.In(m.options.Zone)
	m.now, m.began = now, now
	return tea.Batch(m.askBackground(), m.poll.start(now), m.tick(),
		m.poll.after(askEmojiDelay, askEmojiMsg{}), m.turn())
}

func (m *Model) askBackground() tea.Cmd {
	if !m.auto {
		return nil
	}
	return tea.RequestBackgroundColor
}

// Update implements [tea.Model].
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) { return m, m.handle(msg, time.Now()) }

// handle is Update at a given time.
func (m *Model) handle(msg tea.Msg, now time.Time) tea.Cmd {
	told := m.timeTold()
	m.now = now.In(m.options.Zone)
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case clockMsg:
		m.ticking = false
		if told || m.timeTold() {
			m.changed()
		}
	case duePollMsg:
		if msg.tag == m.poll.tag {
			if m.poll.failure != nil {
				m.changed()
			}
			cmd = m.poll.start(now)
		}
	case pollMsg:
		cmd = m.polled(msg)
	case resetMsg:
		cmd = m.wasReset(msg.failure)
	case resumedMsg:
		cmd = m.resumed(msg)
	case tunedMsg:
		cmd = m.tuned(msg)
	case flashOffMsg:
		if msg.tag == m.flash.tag {
			m.flash.text = ""
			m.changed()
		}
	case spinner.TickMsg:
		m.spinning = false
		if m.waits() {
			m.spin, _ = m.spin.Update(msg) // the next one ends with the program: see turn
			m.changed()
		}
	case askEmojiMsg:
		if m.h >= minHeight && !m.options.ASCII {
			cmd = askEmoji(m.h)
		}
	case fatalMsg:
		m.failed = msg.err
		return tea.Quit
	default:
		cmd = m.handleTerminal(msg)
	}
	return tea.Batch(cmd, m.tick(), m.turn())
}

// handleTerminal takes what the terminal says.
func (m *Model) handleTerminal(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		m.layout = newLayout(m.w, m.h)
	case tea.EnvMsg:
		if knowsOnlyASCII(msg.Getenv("TERM")) {
			m.options.ASCII = true
			m.retheme()
		}
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.retheme()
	case tea.BackgroundColorMsg:
		if m.auto {
			m.dark = msg.IsDark()
			m.retheme()
		}
	case tea.CursorPositionMsg:
		m.narrow = msg.X == 1
		m.retheme()
	case tea.ResumeMsg:
		m.changed()
		return tea.Batch(m.askBackground(), m.poll.start(m.now))
	case tea.PasteMsg:
		if m.tuning.entry.open {
			m.tuning.entry.add(clean(msg.Content))
		}
	case tea.KeyPressMsg:
		cmd := m.press(msg)
		m.changed()
		return cmd
	default:
		return nil
	}
	m.changed()
	return nil
}

// knowsOnlyASCII reports whether a terminal is one of those whose fonts lack
// most of what the monitor draws with.
func knowsOnlyASCII(term string) bool {
	return slices.Contains([]string{"linux", "dumb", "vt100", "vt102", "vt220"}, term)
}

func (m *Model) retheme() { m.theme = newTheme(m.dark, m.profile, m.options.ASCII, m.narrow) }

// polled takes the answer to a poll.
func (m *Model) polled(msg pollMsg) tea.Cmd {
	cmd, ok := m.poll.done(msg, m.now)
	if !ok {
		return nil
	}
	if msg.failure != nil {
		m.history.Fail(m.now, msg.failure)
	} else {
		m.history.Add(msg.sample)
	}
	if m.options.Demo != nil {
		m.scene = clean(m.options.Demo.Scene())
	}
	m.look()
	m.tunable()
	m.keys.Lanes.SetEnabled(m.tellsLanes())
	m.keys.Resume.SetEnabled(m.resumable())
	m.keys.Advice.SetEnabled(m.tellsAdvice())
	if again := m.lookAgain(); again != nil {
		return again
	}
	return cmd
}

// look takes a new shot of what the history says.
func (m *Model) look() {
	m.live.derived, m.live.totals = m.history.Derived(), m.history.Totals()
	m.live.events = slices.Clone(m.history.Events())
	if sample, ok := m.history.Last(); ok {
		m.live.known, m.live.sample = true, sample
		m.live.verdict = client.Judge(sample, m.live.derived)
	}
	m.changed()
}

// wasReset takes the answer to a reset.
func (m *Model) wasReset(failure *client.Failure) tea.Cmd {
	if failure != nil {
		return m.say("not reset: "+refusal(failure), true)
	}
	m.history.ResetDone(m.now)
	return tea.Batch(m.say("the counters were reset, for everybody", false), m.poll.start(m.now))
}

// say shows what was just done.
func (m *Model) say(text string, bad bool) tea.Cmd {
	m.flash = flash{text, bad, m.flash.tag + 1}
	m.changed()
	return m.poll.after(flashTime, flashOffMsg{m.flash.tag})
}

// tick comes back with the next second of the data's age while somebody may
// want to read it.
func (m *Model) tick() tea.Cmd {
	if m.ticking || !m.poll.inFlight && !m.timeTold() {
		return nil
	}
	m.ticking = true
	return m.poll.after(time.Second-m.dataAge()%time.Second, clockMsg{})
}

// turn begins to turn the spinner when somebody waits for an answer.
func (m *Model) turn() tea.Cmd {
	if m.spinning || !m.waits() {
		return nil
	}
	m.spinning = true
	return m.poll.after(m.spin.Spinner.FPS, m.spin.Tick())
}

// waits reports whether an answer is awaited so long that it is worth showing.
func (m *Model) waits() bool { return m.poll.inFlight && (!m.live.known || m.late()) }

// dataAge is how old the newest figures are; before any, how long nothing came.
func (m *Model) dataAge() time.Duration {
	from := m.began
	if m.live.known {
		from = m.live.sample.At
	}
	return max(m.now.Sub(from), 0)
}

// late reports whether the answer to a poll is overdue.
func (m *Model) late() bool { return m.poll.inFlight && m.now.Sub(m.poll.started) >= time.Second }

// isStale reports whether the figures must not be passed off as live.
func (m *Model) isStale() bool {
	return m.live.known && (m.poll.failure != nil || m.dataAge() > max(3*time.Second, 3*m.poll.interval))
}

// timeTold reports whether there is a clock on the screen.
func (m *Model) timeTold() bool { return m.poll.failure != nil || m.late() || m.isStale() }

// held reports whether what is on the screen is frozen.
func (m *Model) held() bool { return m.frozen != nil && !m.away() }

// away reports whether another view than the dashboard is open.
func (m *Model) away() bool { return m.tuning.open || m.lanes.open || m.advice.open }

// shot is what the panes show.
func (m *Model) shot() shot {
	if m.held() {
		return *m.frozen
	}
	s := m.live
	s.at = m.now
	return s
}

// state is what the panes may read.
func (m *Model) state() *state {
	t := m.theme
	if m.isStale() {
		t = t.faded()
	}
	return &state{shot: m.shot(), theme: t, history: m.history, window: m.window, zone: m.options.Zone}
}

func (m *Model) name() string { return clean(m.options.Source.Name()) }

func (m *Model) clock(t time.Time) string { return t.In(m.options.Zone).Format(clockLayout) }

// changed says that the picture has to be drawn again, and gives the panes that
// keep a place of their own what they show.
func (m *Model) changed() {
	m.dirty = true
	switch {
	case m.tuning.open:
		m.tuning.scroll(m.settingsRoom(), len(m.settings()))
		return
	case m.lanes.open:
		m.lanes.scroll(m.laneList())
		return
	case m.advice.open:
		m.advice.scroll(m.adviceList())
		return
	}
	l := &m.layout
	users, events := l.users, l.events
	lone := l.list.shown()
	if lone {
		users, events = l.list, l.list
	}
	s := m.state()
	m.users.set(s, users.w, users.h, m.focus == onUsers, lone)
	m.events.set(m.lively(s), events.w, events.h, m.focus == onEvents, lone)
}

// lively is the state for panes that show what was, which does not go stale.
func (m *Model) lively(s *state) *state {
	live := *s
	live.theme = m.theme
	return &live
}

// keyHelp is what the last row offers.
func (m *Model) keyHelp() []key.Binding {
	switch {
	case m.confirming:
		return m.keys.confirmHelp()
	case m.resuming != nil:
		return m.keys.resumeHelp()
	case m.tuning.entry.open:
		return m.keys.entryHelp()
	case m.tuning.open:
		return m.keys.settingsHelp()
	case m.lanes.open:
		return m.keys.lanesHelp()
	case m.advice.open:
		return m.keys.listHelp(m.keys.Return)
	default:
		return m.keys.ShortHelp()
	}
}
