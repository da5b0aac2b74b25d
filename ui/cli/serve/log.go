package serve

import (
	"fmt"
	"io"
	"log/slog"

	"paceline/ui/cli/logging"
)

// gatewayLog returns the log of the gateway's requests. In the pretty form it has
// only those that failed: the queue logs the others.
func gatewayLog(format string, w io.Writer) *slog.Logger {
	return logging.NewRequests(format, w, slog.LevelWarn, func(field map[string]string) string {
		return fmt.Sprintf("🌐 [GATEWAY] %s %s %s for %s (waited %sms, attempts: %s, id: %s): %s",
			field["status"], field["method"], field["path"], field["user"], field["waitedMs"], field["attempts"], field["id"], field["error"])
	})
}
