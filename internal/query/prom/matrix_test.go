package prom

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"
)

// told reads an answer and writes down what was in it.
func told(answer io.Reader) (string, error) {
	var b strings.Builder
	m := &matrix{in: answer,
		sample:    func(t int64, v float64) { fmt.Fprintf(&b, "%d %s\n", t, strconv.FormatFloat(v, 'g', -1, 64)) },
		histogram: func(t int64, v []byte) { fmt.Fprintf(&b, "%d %s\n", t, v) },
		series:    func(ls labels.Labels) { fmt.Fprintln(&b, ls) }}
	err := m.read()
	if m.kind != "" || m.status != "success" {
		fmt.Fprintf(&b, "%s %s: %s\n", m.status, m.kind, m.said)
	}
	if m.partial || len(m.warnings) > 0 {
		fmt.Fprintf(&b, "partial: %v, warnings: %q\n", m.partial, m.warnings)
	}
	return b.String(), err
}

func TestMatrix(t *testing.T) {
	for _, c := range []struct{ name, answer, want, err string }{
		{"as Prometheus writes it", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[1700000000,"1"],[1700000015.5,"0"],[1700000030.123,"0.30000000000000004"]]},{"metric":{},"values":[]}]}}`,
			"1700000000000 1\n1700000015500 0\n1700000030123 0.30000000000000004\n{__name__=\"up\", job=\"a\"}\n{}\n", ""},
		{"what is no plain number", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"NaN"],[2,"+Inf"],[3,"-Inf"],[4,"1e300"],[5,"-0"],[6,"-12.5"],[1.7e9,"1"],[7 , "12345678901234567890"],[-1,"5e-324"]]}]}}`,
			"1000 NaN\n2000 +Inf\n3000 -Inf\n4000 1e+300\n5000 -0\n6000 -12.5\n1700000000000 1\n7000 1.2345678901234567e+19\n-1000 5e-324\n{}\n", ""},
		{"native histograms", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"histograms":[[1.5,{"count":"3","buckets":[[3,"-1","1","3"]]}]]}]}}`,
			"1500 {\"count\":\"3\",\"buckets\":[[3,\"-1\",\"1\",\"3\"]]}\n{a=\"b\"}\n", ""},
		{"another order, space, escapes and unknown keys", ` { "warnings" : ["a \"store\" is down"], "stats":{"x":[1,{"y":"}]"}]}, "data":{"result":[{"values":[ [1,"2"] ],"metric":{"path":"\u00fc\\","z":""}}],"resultType":"matrix"},"isPartial":true,"status":"success"} `,
			"1000 2\n{path=\"ü\\\\\", z=\"\"}\npartial: true, warnings: [\"a \\\"store\\\" is down\"]\n", ""},
		{"an error", `{"status":"error","errorType":"execution","error":"too many samples","data":null}`, "error execution: too many samples\n", ""},
		{"null for no result", `{"status":"success","data":{"resultType":"matrix","result":null}}`, "", ""},
		{"a vector", `{"status":"success","data":{"resultType":"vector","result":[]}}`, "", "it is a vector, not raw samples"},
		{"cut", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"`, "1000 1\n", "it ends too early"},
		{"empty", "", " : \n", "it ends too early"},
		{"a page", "<html>", " : \n", `there is '<' instead of '{'`},
		{"no status", "{}", " : \n", "a status is missing"},
		{"no value", `{"status":"success","data":{"result":[{"values":[[1,"one"]]}]}}`, "", `"one" is not a value`},
		{"no sample", `{"status":"success","data":{"result":[{"values":[{"a":1}]}]}}`, "", "is not a sample"},
		{"no time", `{"status":"success","data":{"result":[{"values":[[1e300,"1"]]}]}}`, "", "is not a time"},
		{"no comma", `{"status" "success"}`, " : \n", `there is '"' instead of ':'`},
		{"nothing", `{"status":,}`, " : \n", "a value is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{"at once": strings.NewReader(c.answer), "byte by byte": iotest.OneByteReader(strings.NewReader(c.answer))} {
				got, err := told(r)
				if c.err == "" != (err == nil) || err != nil && (!errors.Is(err, errSyntax) || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("%s: the error is %v, want %q", name, err, c.err)
				}
				if got != c.want && c.err == "" || !strings.HasPrefix(got, strings.TrimSuffix(c.want, " : \n")) {
					t.Errorf("%s: it has\n%swant\n%s", name, got, c.want)
				}
			}
		})
	}
	if _, err := told(io.MultiReader(strings.NewReader(`{"status":`), iotest.ErrReader(io.ErrUnexpectedEOF))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a connection that breaks off gives %v", err)
	}
}

// TestMatrixValues: the double that was sent arrives, bit by bit, and its time,
// wherever the buffer ends.
func TestMatrixValues(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1 << 53, 999999999999999, 0.1}),
			rapid.Map(rapid.Int64Range(-1e15, 1e15), func(n int64) float64 { return float64(n) / 1000 }))
		var samples []model.SamplePair
		var want strings.Builder
		for _, v := range rapid.SliceOfN(values, 0, 50).Draw(r, "values") {
			ms := rapid.Int64Range(-1e10, 4e12).Draw(r, "time")
			samples = append(samples, model.SamplePair{Timestamp: model.Time(ms), Value: model.SampleValue(v)})
			fmt.Fprintf(&want, "%d %s\n", ms, strconv.FormatFloat(v, 'g', -1, 64))
		}
		result, err := json.Marshal(model.Matrix{{Metric: model.Metric{"a": "b"}, Values: samples}})
		if err != nil {
			r.Fatal(err)
		}
		want.WriteString("{a=\"b\"}\n")
		pad := strings.Repeat(" ", rapid.IntRange(1<<16-4000, 1<<16).Draw(r, "before"))
		got, err := told(strings.NewReader(pad + `{"status":"success","data":{"resultType":"matrix","result":` + string(result) + `}}`))
		if err != nil || got != want.String() {
			r.Fatalf("%v: it has\n%swant\n%s", err, got, want.String())
		}
	})
}

// FuzzMatrix: whatever arrives, reading ends.
func FuzzMatrix(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1.5,"1"]],"histograms":[[1,{}]]}]},"warnings":["x"]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, err := told(iotest.HalfReader(strings.NewReader(string(answer))))
		whole, again := told(strings.NewReader(string(answer)))
		if got != whole || (err == nil) != (again == nil) {
			t.Errorf("read in halves: %v\n%sat once: %v\n%s", err, got, again, whole)
		}
	})
}
