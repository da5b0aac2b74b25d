package limiter

// The dimensions of an account's limits.
const (
	Requests = iota
	Input
	Output
	Tokens // input and output together
	Dimensions
)

// What the dimensions are called on the wire.
const (
	RequestsName = "requests"
	InputName    = "input tokens"
	OutputName   = "output tokens"
	TokensName   = "tokens"
)

var dimensionNames = [Dimensions]string{Requests: RequestsName, Input: InputName, Output: OutputName, Tokens: TokensName}

// DimensionName returns what a dimension is called on the wire.
func DimensionName(dimension int) string { return dimensionNames[dimension] }

// Amount is so much of each dimension.
type Amount [Dimensions]float64

// Cost returns what one request takes that has so many tokens.
func Cost(input, output float64) Amount {
	return Amount{Requests: 1, Input: input, Output: output, Tokens: input + output}
}

// Add adds an amount.
func (a *Amount) Add(more Amount) {
	for d := range a {
		a[d] += more[d]
	}
}

// Sub takes an amount away.
func (a *Amount) Sub(less Amount) {
	for d := range a {
		a[d] -= less[d]
	}
}

// minus returns the difference of two amounts.
func (a Amount) minus(b Amount) Amount {
	a.Sub(b)
	return a
}
