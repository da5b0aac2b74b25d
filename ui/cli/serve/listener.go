package serve

import (
	"context"
	"crypto/tls"
	"net"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/ui/cli/command"
)

// listen opens the address to serve on, and returns the guard that checks tokens and
// hosts.
func (p *process) listen(ctx context.Context, ownKey bool) (net.Listener, *access.Guard, error) {
	f := p.flags
	report := func(err error) { p.Say("%s", queue.Escape(err.Error())) }
	file, err := p.TokenFile(f.tokens)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := access.OpenTokens(file, report)
	if err != nil {
		return nil, nil, command.TokenError(err)
	}
	var certificate *tls.Config
	if f.tlsCert != "" {
		if certificate, err = access.TLSConfig(f.tlsCert, f.tlsKey, report); err != nil {
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
	pages := make([]access.Origin, len(f.origins))
	for i, text := range f.origins {
		pages[i] = access.Origin(text)
	}
	guard, err := access.NewGuard(access.GuardOptions{
		Tokens: tokens, RequireToken: others && !f.insecure, GatewayKey: ownKey, AllowHosts: f.allowHosts, AllowOrigins: pages,
	})
	if err != nil {
		_ = ln.Close()
		return nil, nil, command.Usagef("%v", err)
	}
	limits := access.DefaultLimits()
	limits.Plain = certificate == nil
	ln = access.LimitListener(ln, limits, report)
	if certificate != nil {
		ln = tls.NewListener(ln, certificate)
	}
	return ln, guard, nil
}
