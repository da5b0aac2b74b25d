package queue

import "paceline/queue/internal/limiter"

// work is a number of requests, and what they cost.
type work struct {
	requests int
	amount   limiter.Amount
}

func (w *work) add(cost limiter.Amount) {
	w.requests++
	w.amount.Add(cost)
}

func (w *work) sub(cost limiter.Amount) {
	w.requests--
	w.amount.Sub(cost)
}

// lineWork is those in line, and what they cost.
func (l *lane) lineWork() work {
	w := work{l.inLine(), l.order.amount()}
	w.amount.Add(l.head.amount)
	return w
}

// work is those that wait, in line or aside, and what they cost.
func (l *lane) work() work {
	w := l.lineWork()
	w.requests += l.aside.Len
	w.amount.Add(l.aside.amount)
	return w
}

// meanWork is so many of those who wait, of the average cost.
func (l *lane) meanWork(n int) work {
	w := l.work()
	part := max(float64(n), 0) / float64(max(w.requests, 1))
	for d := range w.amount {
		w.amount[d] *= part
	}
	w.requests = max(n, 0)
	return w
}
