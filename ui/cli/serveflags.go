package cli

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/gateway"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The longest times that serve's flags take.
const (
	maxDrain     = time.Hour
	maxKeepAlive = 10 * time.Minute
	maxKeyFile   = 4 << 10 // bytes
)

// serveFlags are those that only serve has, in the groups of its help.
type serveFlags struct {
	access, upstream, chat, process *pflag.FlagSet

	addr       string
	allowHosts []string
	tokens     string
	insecure   bool
	tlsCert    string
	tlsKey     string

	upstreamURL  string
	keyFile      string
	adminKeyFile string
	keepAlive    time.Duration

	model, fastModel, system string
	maxTokens                int

	drain   time.Duration
	noState bool
}

func newServeFlags() *serveFlags {
	f := &serveFlags{}
	group := func(name string) *pflag.FlagSet {
		set := pflag.NewFlagSet(name, pflag.ContinueOnError)
		set.SortFlags = false
		return set
	}
	f.access, f.upstream, f.chat, f.process = group("access"), group("upstream"), group("chat"), group("process")

	f.access.StringVar(&f.addr, "addr", "127.0.0.1:3000", "address to listen on, `host:port`")
	f.access.StringArrayVar(&f.allowHosts, "allow-host", nil, "a `name`, beside localhost, that a loopback address is served under; may be repeated")
	f.access.StringVar(&f.tokens, "tokens", "", "`file` of the tokens that clients need (default "+command.TokensHint+")")
	f.access.BoolVar(&f.insecure, "insecure", false, "serve an address that others reach without tokens")
	f.access.StringVar(&f.tlsCert, "tls-cert", "", "`file` of the certificate, PEM; read again when it changes")
	f.access.StringVar(&f.tlsKey, "tls-key", "", "`file` of the certificate's key, PEM")

	f.upstream.StringVar(&f.upstreamURL, "upstream", "", "the API's base `URL`, such as https://api.anthropic.com (default: a simulated API)")
	f.upstream.StringVar(&f.keyFile, "key-file", "", "`file` with the API key to call with, in place of the clients'; or "+command.KeyVariable)
	f.upstream.StringVar(&f.adminKeyFile, "admin-key-file", "", "`file` with an admin key, to ask the Rate Limits API what the account allows; or "+adminKeyVariable)
	f.upstream.DurationVar(&f.keepAlive, "keep-alive", 0, "a stream that waits longer gets its 200 and pings early (default: never)")

	f.chat.StringVar(&f.model, "model", gateway.DefaultModel, "`model` that answers")
	f.chat.StringVar(&f.fastModel, "fast-model", gateway.DefaultFastModel, "`model` that answers where a user speaks")
	f.chat.StringVar(&f.system, "system", "", "system `prompt`")
	f.chat.IntVar(&f.maxTokens, "max-tokens", gateway.DefaultMaxTokens, "longest answer")

	f.process.DurationVar(&f.drain, "drain", time.Minute, "how long what waits may go on when the server is told to stop")
	f.process.BoolVar(&f.noState, "no-state", false, "begin with counters at zero, and keep none")
	return f
}

func (f *serveFlags) addTo(c *cobra.Command) {
	for _, set := range []*pflag.FlagSet{f.access, f.upstream, f.chat, f.process} {
		c.Flags().AddFlagSet(set)
	}
}

// check refuses what makes no sense.
func (f *serveFlags) check(own *command.QueueFlags) error {
	for _, name := range f.allowHosts {
		if name == "" || strings.ContainsAny(name, "/@* ") {
			return command.Usagef("--allow-host is %q: must be a name alone, such as queue.example.com", name)
		}
	}
	simulated := command.Changed(own.World)
	switch {
	case f.upstreamURL != "" && simulated != "" && (simulated != "users" || own.Users > 0):
		return command.Usagef("--%s is for the simulation, and with --upstream there is none: leave one of them out", simulated)
	case f.upstreamURL == "" && f.keyFile != "":
		return command.Usagef("--key-file is for a real API: add --upstream, such as --upstream https://api.anthropic.com")
	case f.upstreamURL == "" && f.adminKeyFile != "":
		return command.Usagef("--admin-key-file is for a real API: add --upstream, such as --upstream https://api.anthropic.com")
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return command.Usagef("--tls-cert and --tls-key go together: give both, or none")
	case f.drain < 0 || f.drain > maxDrain:
		return command.Usagef("--drain is %v: must be from 0s to %v", f.drain, maxDrain)
	case f.keepAlive != 0 && (f.keepAlive < time.Second || f.keepAlive > maxKeepAlive):
		return command.Usagef("--keep-alive is %v: must be from 1s to %v, or 0 for never", f.keepAlive, maxKeepAlive)
	case f.maxTokens < 1:
		return command.Usagef("--max-tokens is %d: must be at least 1", f.maxTokens)
	default:
		return nil
	}
}

// gatewayOptions returns what the flags say of the gateway. Its upstream is nil
// where the API is simulated.
func (p *process) gatewayOptions() (gateway.Options, error) {
	f := p.flags
	o := gateway.Options{
		Caller: callerOf, Admin: isAdmin, KeepAlive: f.keepAlive, Log: gatewayLog(p.queue.Log, p.Err),
		Chat: gateway.Chat{Model: f.model, FastModel: f.fastModel, System: f.system, MaxTokens: f.maxTokens},
	}
	if f.upstreamURL == "" {
		return o, nil
	}
	u, err := url.Parse(f.upstreamURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return o, command.Usagef("--upstream must be a base URL alone, such as https://api.anthropic.com") // it may hold a secret
	}
	o.Upstream = u
	if o.Key, err = p.ownKey(f.keyFile, command.KeyVariable); err != nil {
		return o, err
	}
	o.AdminKey, err = p.ownKey(f.adminKeyFile, adminKeyVariable)
	return o, err
}

// ownKey returns a key of the gateway's own, from a file or, without one, from a
// variable; empty if it has none.
func (p *process) ownKey(file, variable string) (string, error) {
	if file == "" {
		return strings.TrimSpace(p.Getenv(variable)), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", command.Failf("the key cannot be read: %v", err)
	}
	key := strings.TrimSpace(string(b))
	if key == "" || len(key) > maxKeyFile || strings.ContainsAny(key, " \t\r\n\x00") {
		return "", command.Failf("%s holds no key: it must have the key, as it was issued, and nothing else", file)
	}
	return key, nil
}

// door opens the address to serve on, and says who may come in.
func (p *process) door(ctx context.Context, ownKey bool) (net.Listener, *access.Guard, error) {
	f := p.flags
	report := func(err error) { p.Say("%s", queue.Escape(err.Error())) }
	file, err := p.TokenFile(f.tokens)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := access.OpenTokens(file, report)
	if err != nil {
		return nil, nil, command.TokenFailed(err)
	}
	var certificate *tls.Config
	if f.tlsCert != "" {
		if certificate, err = access.Certificate(f.tlsCert, f.tlsKey, report); err != nil {
			return nil, nil, command.Failf("%v", err)
		}
	}
	ln, err := command.Listen(ctx, f.addr)
	if err != nil {
		return nil, nil, err
	}
	others := !command.IsLoopback(ln.Addr())
	if others && !f.insecure && tokens.Len() == 0 {
		_ = ln.Close()
		return nil, nil, command.Failf("others reach %s, and there are no tokens: make one with %s token new NAME, or serve without with --insecure", f.addr, command.ProgramName())
	}
	guard, err := access.New(access.Options{
		Tokens: tokens, Require: others && !f.insecure, OwnKey: ownKey, AllowHosts: f.allowHosts,
	})
	if err != nil {
		_ = ln.Close()
		return nil, nil, command.Usagef("%v", err)
	}
	ln = access.Limit(ln, access.DefaultLimits(), report)
	if certificate != nil {
		ln = tls.NewListener(ln, certificate)
	}
	return ln, guard, nil
}
