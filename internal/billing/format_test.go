package billing

import (
	"strings"
	"testing"
)

// TestRecognise tells formats and versions by their heads alone.
func TestRecognise(t *testing.T) {
	for _, tt := range []struct{ header, format, version string }{
		{"BilledCost,ServiceCategory,ChargePeriodStart", "focus", "1.0"},
		{"BilledCost,SkuMeter,ChargePeriodStart", "focus", "1.1"},
		{"BilledCost,InvoiceId,ChargePeriodStart,ProviderName", "focus", "1.2"},
		{"billedcost,HostProviderName,InvoiceId", "focus", "1.3"},
		{"BilledCost,InvoiceDetailId,ServiceProviderName", "focus", "1.4"},
		{"lineItem/LineItemType,lineItem/UnblendedCost", "aws-cur", "legacy"},
		{"line_item_line_item_type,line_item_unblended_cost", "aws-cur", "2.0"},
		{"date,meterCategory,costInBillingCurrency,costInUsd", "azure", "MCA"},
		{"Date,MeterCategory,CostInBillingCurrency", "azure", "EA"},
		{"Date,MeterCategory,Cost", "azure", "EA, older"},
		{"UsageDateTime,MeterId,PreTaxCost", "azure", "pay as you go"},
		{"Kategorie (MeterCategory),Kosten (PreTaxCost)", "azure", "pay as you go"},
		{"usage_start_time,cost", "gcp", "standard"},
		{"usage_start_time,cost,resource.name", "gcp", "detailed"},
		{"lineItem/intervalUsageStart,cost/myCost", "oci", ""},
		{"name,size", "", ""},
		{"date,cost", "", ""},
	} {
		kind, version, err := tableFormat(&Source{}, strings.Split(tt.header, ","))
		if kind.name != tt.format || version != tt.version || (err == nil) != (tt.format != "") {
			t.Errorf("%s: %q %q, %v", tt.header, kind.name, version, err)
		}
	}
}

// FuzzPythonJSON looks for a literal that panics.
func FuzzPythonJSON(f *testing.F) {
	for _, s := range []string{`[{'a': None}]`, `'\\'`, `"a\"`, `True`, `[{"amount": 'x'}]`, `'`} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		var into any
		_ = decodeLiteral(s, &into)
	})
}
