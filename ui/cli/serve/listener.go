package serve

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"

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
	proxies := make([]netip.Prefix, len(f.proxies))
	for i, text := range f.proxies {
		if proxies[i], err = access.ParseNetwork(text); err != nil {
			_ = ln.Close()
			return nil, nil, command.Usagef("%v", err)
		}
	}
	guard, err := access.NewGuard(access.GuardOptions{
		Tokens: tokens, RequireToken: others && !f.insecure, GatewayKey: ownKey, AllowHosts: f.allowHosts, AllowOrigins: pages, TrustedProxies: proxies,
	})
	if err != nil {
		_ = ln.Close()
		return nil, nil, command.Usagef("%v", err)
	}
	limits := f.limits
	limits.Plain, limits.Proxies = certificate == nil, proxies
	ln = access.LimitListener(ln, limits, func(err error) {
		p.queue.ReportTrouble(queue.PartConns, strings.TrimPrefix(err.Error(), "access: ")) // it says so
	})
	if certificate != nil {
		ln = tls.NewListener(ln, certificate)
	}
	return ln, guard, nil
}
