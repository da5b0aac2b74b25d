package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/advice"
	"paceline/queue/api"
	"paceline/ui"
	"paceline/ui/cli/command"
	"paceline/ui/cli/logging"

	"github.com/spf13/cobra"
)

// monitorFlags are the flags of the monitor, over a demo as over a queue elsewhere.
type monitorFlags struct {
	interval time.Duration
	theme    string
	ascii    bool
	logFile  string
	record   string
	bell     bool
	onChange string
	noMouse  bool
}

func (f *monitorFlags) addTo(c *cobra.Command) {
	set := command.NewFlagGroup("monitor")
	set.DurationVar(&f.interval, "interval", ui.DefaultInterval, "time between two polls, 500ms to 1m")
	set.StringVar(&f.theme, "theme", ui.ThemeAuto, "colours: auto, dark or light")
	set.BoolVar(&f.ascii, "ascii", false, "draw with plain ASCII characters only")
	set.StringVar(&f.logFile, "log-file", "", "append the log to this file")
	set.StringVar(&f.record, "record", "", "append each answer to this file, for paceline report; at most 1 GB")
	set.BoolVar(&f.bell, "bell", false, "ring the terminal's bell, and have it show a message, when things get worse")
	set.StringVar(&f.onChange, "on-change", "", "run this command with sh when things get better or worse; it finds PACELINE_LEVEL and more in its environment, but no token or key of the monitor's")
	set.BoolVar(&f.noMouse, "no-mouse", false, "leave the mouse to the terminal, which selects text with it")
	c.Flags().AddFlagSet(set)
	command.Complete(c, "theme", themes()...)
}

func themes() []string { return []string{ui.ThemeAuto, ui.ThemeDark, ui.ThemeLight} }

func (f *monitorFlags) check() error {
	if f.interval < ui.MinInterval || f.interval > ui.MaxInterval {
		return command.Usagef("--interval is %v: must be from %v to %v", f.interval, ui.MinInterval, ui.MaxInterval)
	}
	return command.OneOf("theme", f.theme, themes()...)
}

// newMonitor returns the command without a name: the monitor, over the queue at an
// address, or over a demo.
func newMonitor(a *command.App) *cobra.Command {
	m := monitor{App: a}
	own, remote := command.NewQueueFlags(queue.PaceAdaptive), command.NewRemoteFlags()
	c := &cobra.Command{
		Use:   "paceline [URL]",
		Short: "Watch a paced request queue for the Claude API live",
		Long: `Watch a paced request queue for the Claude API live.

Without a URL it shows a demo: a real queue in front of a simulated API, with simulated users. Its pace is adaptive, in front of an account of tier 1 (50 requests a minute). With a URL it shows the queue that answers there.`,
		Example: `# a live demo, no server and no key needed
paceline
# only the scene where the line backs up
paceline --scene burst
# by the published spacing, whatever the account allows
paceline --pace spaced
# watch a queue
paceline http://127.0.0.1:3000
# one line for scripts: exit code 0 healthy, 1 warning, 2 critical, 3 unreachable
paceline status http://127.0.0.1:3000
# keep what it tells, for later: paceline report night.jsonl
paceline http://127.0.0.1:3000 --record night.jsonl
# stand in front of the Claude API, or of a simulated one
paceline serve`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().SortFlags = false // those of the monitor first
	m.flags.addTo(c)
	c.Flags().AddFlagSet(remote.Set)
	own.AddTo(c)
	return command.Bind(c, func(ctx context.Context, args []string) error {
		if len(args) > 0 && !command.LooksLikeAddress(args[0]) {
			return unknownCommand(c, args[0])
		}
		if err := m.flags.check(); err != nil {
			return err
		}
		switch len(args) {
		case 0:
			if flag := command.ChangedFlag(remote.Set); flag != "" {
				return command.Usagef("--%s is for a queue elsewhere: add its address, such as http://127.0.0.1:3000", flag)
			}
			return m.demo(ctx, own)
		case 1:
			if flag := own.Changed(); flag != "" {
				return command.Usagef("--%s is for a queue of our own: leave it out, or leave the address out", flag)
			}
			return m.watch(ctx, remote, args[0])
		default:
			return command.Usagef("one address at a time: %d were given", len(args))
		}
	}, a.Fail)
}

// monitor is one run of the monitor.
type monitor struct {
	*command.App
	flags monitorFlags
}

// demoPast is for how long a demo seems to have been on when it starts: as long as the
// plots can look back.
const demoPast = 30 * time.Minute

// demo runs the monitor over a queue of this process, with simulated users.
func (m *monitor) demo(ctx context.Context, own *command.QueueFlags) (err error) {
	if err := own.Check(); err != nil {
		return err
	}
	keys, closeKeys := m.OpenKeys(m.Out)
	defer closeKeys()
	to, closeLog, err := m.demoLog(own.Logs.Lookup("log").Changed, keys != nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	log := logging.NewAsyncWriter(own.Log, to)
	defer log.Close()
	q, err := own.NewQueue(queue.Observe(logging.Observer(own.Log, log)))
	if err != nil {
		return err
	}
	defer command.StopQueue(q)
	demo, err := own.StartDemo(q, demoPast)
	if err != nil {
		return err
	}
	defer demo.Close()
	advisor := advice.New(q)
	defer advisor.Close()
	embedded := client.NewEmbedded(q, api.Options{Version: command.Version(), Simulated: api.AlwaysSimulated, Advice: advisor.Advice}.Decorator(q))
	embedded.AwaitPast(demo.AwaitPast)
	source, closeRecording, err := m.flags.startRecording(embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRecording()) }()
	return m.show(ctx, keys, ui.Options{
		Source:    source,
		Tuner:     embedded,
		Resumer:   embedded,
		Line:      embedded,
		Historian: embedded,
		Demo:      demo,
	})
}

// demoLog returns the writer of the demo's log. While the monitor draws on the
// terminal, the log needs a file.
func (m *monitor) demoLog(wanted, drawn bool) (io.Writer, func() error, error) {
	switch {
	case m.flags.logFile != "":
		return openLog(m.flags.logFile)
	case !wanted:
		return io.Discard, func() error { return nil }, nil
	case drawn:
		return nil, nil, command.Usagef("--log has nowhere to go while the monitor is on the screen: add --log-file FILE")
	default:
		return m.Err, func() error { return nil }, nil
	}
}

// watch runs the monitor over the queue at an address.
func (m *monitor) watch(ctx context.Context, remote *command.RemoteFlags, address string) (err error) {
	source, err := remote.Source(m.App, address)
	if err != nil {
		return err
	}
	tuner, _ := source.(client.Tuner)
	resumer, _ := source.(client.Resumer)
	line, _ := source.(client.Line)
	historian, _ := source.(client.Historian)
	source, closeRecording, err := m.flags.startRecording(source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRecording()) }()
	if m.flags.logFile != "" {
		log, closeLog, err := openLog(m.flags.logFile)
		if err != nil {
			return err
		}
		defer func() { _ = closeLog() }()
		logged := &loggedSource{Source: source, log: logging.New(logging.Text, log)}
		source = logged
		if tuner != nil {
			tuner = loggedTuner{tuner, logged}
		}
		if resumer != nil {
			resumer = loggedResumer{resumer, logged}
		}
		if line != nil {
			line = loggedLine{line, logged}
		}
	}
	keys, closeKeys := m.OpenKeys(m.Out)
	defer closeKeys()
	return m.show(ctx, keys, ui.Options{Source: source, Tuner: tuner, Resumer: resumer, Line: line, Historian: historian, Timeout: remote.Timeout})
}

// heapGrowth is by how many percent the heap of a monitor grows between two collections of
// garbage. Go's own 100 takes 2 MB more, and saves less than a thousandth of a core; so it is
// for the start alone, when the first picture would wait for the collections.
const (
	heapGrowth = 70
	startTakes = time.Second
)

// show runs the monitor until the user or a signal ends it. Where no keys can be
// read it prints a line for each poll. It does one thing at a time: with one processor
// each of its wake-ups wakes one thread.
func (m *monitor) show(ctx context.Context, keys io.Reader, o ui.Options) (err error) {
	relaxTimers()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if _, set := os.LookupEnv("GOGC"); !set {
		defer time.AfterFunc(startTakes, func() { debug.SetGCPercent(heapGrowth) }).Stop()
	}
	defer func() { err = errors.Join(err, o.Source.Close()) }()
	o.Interval, o.ASCII, o.Theme, o.Version = m.flags.interval, m.flags.ascii, m.flags.theme, command.Version()
	o.Bell, o.NoMouse = m.flags.bell, m.flags.noMouse
	if m.flags.onChange != "" {
		on := onChange{command: m.flags.onChange, env: m.Env}
		o.OnChange = on.run
		defer on.wait()
	}
	if keys != nil {
		return ui.Run(ctx, o, keys, m.Out, m.Env)
	}
	o.ASCII = o.ASCII || ui.NeedsASCII(m.Env)
	return ui.Plain(ctx, o, m.Out)
}

// unknownCommand returns the error of a word that is no command, with a suggestion.
func unknownCommand(root *cobra.Command, word string) error {
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(word); word != "" && len(near) > 0 {
		return command.Usagef("%q is not a command: did you mean %s %s?", word, root.Name(), near[0])
	}
	return command.Usagef("%q is neither a command nor an address: try %s http://HOST:PORT, or %[2]s --help", word, root.Name())
}
