// Command focusgen writes a FOCUS 1.0 bill of any number of distinct rows, as CSV
// or Parquet, the same for the same arguments:
//
//	go -C bench run ./focusgen -rows 2000000 -csv focus.csv -parquet focus.parquet
//
// The columns, their order and the look of the values follow the FinOps
// Foundation's sample: quoted texts, NULL without quotes, instants without a
// zone, amounts with up to eleven digits after the point, tags as JSON.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// charge is a row. The names of the columns are those of FOCUS.
type charge struct {
	AvailabilityZone         *string   `parquet:",dict"`
	BilledCost               float64   `parquet:""`
	BillingAccountId         string    `parquet:",dict"`
	BillingAccountName       string    `parquet:",dict"`
	BillingCurrency          string    `parquet:",dict"`
	BillingPeriodEnd         time.Time `parquet:",timestamp(millisecond)"`
	BillingPeriodStart       time.Time `parquet:",timestamp(millisecond)"`
	ChargeCategory           string    `parquet:",dict"`
	ChargeClass              *string   `parquet:",dict"`
	ChargeDescription        string    `parquet:",dict"`
	ChargeFrequency          string    `parquet:",dict"`
	ChargePeriodEnd          time.Time `parquet:",timestamp(millisecond)"`
	ChargePeriodStart        time.Time `parquet:",timestamp(millisecond)"`
	CommitmentDiscountId     *string   `parquet:",dict"`
	CommitmentDiscountName   *string   `parquet:",dict"`
	CommitmentDiscountStatus *string   `parquet:",dict"`
	ConsumedQuantity         float64   `parquet:""`
	ConsumedUnit             string    `parquet:",dict"`
	ContractedCost           float64   `parquet:""`
	EffectiveCost            float64   `parquet:""`
	InvoiceIssuerName        string    `parquet:",dict"`
	ListCost                 float64   `parquet:""`
	ListUnitPrice            float64   `parquet:""`
	PricingCategory          string    `parquet:",dict"`
	PricingQuantity          float64   `parquet:""`
	PricingUnit              string    `parquet:",dict"`
	ProviderName             string    `parquet:",dict"`
	PublisherName            string    `parquet:",dict"`
	RegionId                 string    `parquet:",dict"`
	RegionName               string    `parquet:",dict"`
	ResourceId               string    `parquet:""`
	ResourceName             *string   `parquet:",dict"`
	ResourceType             string    `parquet:",dict"`
	ServiceCategory          string    `parquet:",dict"`
	ServiceName              string    `parquet:",dict"`
	SkuId                    string    `parquet:",dict"`
	SkuPriceId               string    `parquet:",dict"`
	SubAccountId             string    `parquet:",dict"`
	SubAccountName           string    `parquet:",dict"`
	Tags                     string    `parquet:",dict"`
}

const header = "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass," +
	"ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountId,CommitmentDiscountName,CommitmentDiscountStatus,ConsumedQuantity," +
	"ConsumedUnit,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName," +
	"RegionId,RegionName,ResourceId,ResourceName,ResourceType,ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags"

func main() {
	rows := flag.Int("rows", 2_000_000, "write so many `rows`")
	csvPath := flag.String("csv", "", "write CSV to this `file`")
	parquetPath := flag.String("parquet", "", "write Parquet to this `file`")
	flag.Parse()
	if err := run(*rows, *csvPath, *parquetPath); err != nil {
		log.Fatal(err)
	}
}

func run(rows int, csvPath, parquetPath string) error {
	if csvPath != "" {
		f, err := os.Create(csvPath)
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(f, 1<<20)
		quoted := strings.Split(header, ",")
		for i := range quoted {
			quoted[i] = strconv.Quote(quoted[i])
		}
		fmt.Fprintln(w, strings.Join(quoted, ","))
		each(rows, func(c *charge) error { _, err = w.Write(line(nil, c)); return err })
		if err == nil {
			err = w.Flush()
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	if parquetPath == "" {
		return nil
	}
	f, err := os.Create(parquetPath)
	if err != nil {
		return err
	}
	w := parquet.NewGenericWriter[charge](f, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(122880))
	batch := make([]charge, 0, 1024)
	each(rows, func(c *charge) error {
		if batch = append(batch, *c); len(batch) == cap(batch) {
			_, err = w.Write(batch)
			batch = batch[:0]
		}
		return err
	})
	if err == nil {
		_, err = w.Write(batch)
	}
	if err == nil {
		err = w.Close()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func each(rows int, do func(*charge) error) {
	dice := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		if err := do(row(dice, i, start)); err != nil {
			return
		}
	}
}

var (
	services = [...][3]string{{"Amazon Elastic Compute Cloud", "Compute", "AWS"}, {"Amazon Simple Storage Service", "Storage", "AWS"}, {"Amazon Simple Queue Service", "Integration", "AWS"},
		{"Amazon Relational Database Service", "Databases", "AWS"}, {"Amazon Bedrock", "AI and Machine Learning", "AWS"}, {"Virtual Machines", "Compute", "Microsoft"},
		{"Storage Accounts", "Storage", "Microsoft"}, {"Azure OpenAI, \"Standard\"", "AI and Machine Learning", "Microsoft"}, {"BigQuery", "Analytics", "Google Cloud"},
		{"Cloud Run", "Compute", "Google Cloud"}, {"Vertex AI", "AI and Machine Learning", "Google Cloud"}, {"Compute", "Compute", "Oracle"}}
	regions = [...][2]string{{"us-west-2", "US West (Oregon)"}, {"us-east-1", "US East (N. Virginia)"}, {"eu-central-1", "EU (Frankfurt)"}, {"westeurope", "West Europe"}, {"europe-west1", "Belgium"}}
	teams   = [...]string{"research", "platform", "payments", "data", "growth", "support"}
)

func row(dice *rand.Rand, i int, month time.Time) *charge {
	s, region := services[dice.IntN(len(services))], regions[dice.IntN(len(regions))]
	hour := month.Add(time.Duration(dice.IntN(31*24)) * time.Hour)
	quantity := float64(dice.IntN(1_000_000)) / 1000
	unitPrice := float64(1+dice.IntN(99999)) / 1e7
	list := amount(quantity * unitPrice)
	account := dice.IntN(40)
	c := &charge{BillingAccountId: "1234567890123", BillingAccountName: "SunBird", BillingCurrency: "USD", BillingPeriodStart: month, BillingPeriodEnd: month.AddDate(0, 1, 0),
		ChargeCategory: "Usage", ChargeFrequency: "Usage-Based", ChargePeriodStart: hour, ChargePeriodEnd: hour.Add(time.Hour), ConsumedQuantity: quantity, ConsumedUnit: "Requests",
		ListCost: list, ListUnitPrice: unitPrice, ContractedCost: list, BilledCost: list, EffectiveCost: amount(list * 0.8), InvoiceIssuerName: s[2] + ", Inc.",
		PricingCategory: "Standard", PricingQuantity: quantity, PricingUnit: "Requests", ProviderName: s[2], PublisherName: s[2] + ", Inc.", RegionId: region[0], RegionName: region[1],
		ResourceId: fmt.Sprintf("arn:aws:%s:%s:%012d:resource/%08x-%07d", s[1][:3], region[0], account, dice.Uint32(), i), ResourceType: "Resource",
		ServiceCategory: s[1], ServiceName: s[0], SkuId: fmt.Sprintf("SKU%010d", dice.IntN(2000)), SkuPriceId: fmt.Sprintf("SKU%010d.JRTCKXETXF.6YS6EN2CT7", dice.IntN(2000)),
		SubAccountId: fmt.Sprintf("%011d", 51738928782+account), SubAccountName: fmt.Sprintf("Account %d", account),
		ChargeDescription: fmt.Sprintf("$%.7f per request in %s for %s", unitPrice, region[1], s[0]),
		Tags:              fmt.Sprintf(`{"team": "%s", "environment": "production", "cost-center": "%d"}`, teams[dice.IntN(len(teams))], account)}
	if dice.IntN(50) == 0 {
		c.ChargeCategory, c.BilledCost, c.EffectiveCost = "Credit", -c.BilledCost, -c.EffectiveCost
	}
	return c
}

// amount rounds to the eleven digits that providers print, and to what a double
// still tells apart.
func amount(f float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', 11, 64), 64)
	return r
}

func line(b []byte, c *charge) []byte {
	text := func(s string) {
		b = append(b, '"')
		b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
		b = append(b, '"', ',')
	}
	null := func() { b = append(b, "NULL,"...) }
	number := func(f float64) { b = append(strconv.AppendFloat(b, f, 'f', 11, 64), ',') }
	instant := func(t time.Time) { text(t.Format(time.DateTime)) }
	null()
	number(c.BilledCost)
	text(c.BillingAccountId)
	text(c.BillingAccountName)
	text(c.BillingCurrency)
	instant(c.BillingPeriodEnd)
	instant(c.BillingPeriodStart)
	text(c.ChargeCategory)
	null()
	text(c.ChargeDescription)
	text(c.ChargeFrequency)
	instant(c.ChargePeriodEnd)
	instant(c.ChargePeriodStart)
	null()
	null()
	null()
	number(c.ConsumedQuantity)
	text(c.ConsumedUnit)
	number(c.ContractedCost)
	number(c.EffectiveCost)
	text(c.InvoiceIssuerName)
	number(c.ListCost)
	number(c.ListUnitPrice)
	text(c.PricingCategory)
	number(c.PricingQuantity)
	text(c.PricingUnit)
	text(c.ProviderName)
	text(c.PublisherName)
	text(c.RegionId)
	text(c.RegionName)
	text(c.ResourceId)
	null()
	text(c.ResourceType)
	text(c.ServiceCategory)
	text(c.ServiceName)
	text(c.SkuId)
	text(c.SkuPriceId)
	text(c.SubAccountId)
	text(c.SubAccountName)
	text(c.Tags)
	b[len(b)-1] = '\n'
	return b
}
