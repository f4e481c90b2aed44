package demo

// What is on the bills. Nothing writes to it.
var (
	// vendors are those who send bills.
	vendors = [...]struct{ provider, publisher, issuer string }{
		{"AWS", "Amazon Web Services", "Amazon Web Services, Inc."},
		{"Google Cloud", "Google", "Google LLC"},
		{"Anthropic", "Anthropic", "Anthropic, PBC"},
		{"OpenAI", "OpenAI", "OpenAI, LLC"},
	}

	// resources are the company's infrastructure. Of what is not committed, the list
	// price less 4 % is contracted with AWS.
	resources = [...]resource{
		{vendor: aws, serviceCategory: "Compute", service: "Amazon EC2", sku: "m7i.2xlarge", id: "i-0gold", region: "eu-central-1", unit: "Hours", daily: 8 * 24_000, price: 403_200, committed: true, account: "100000000001", accountName: "production", team: "platform"},
		{vendor: aws, serviceCategory: "Compute", service: "Amazon EC2", sku: "m7i.xlarge", id: "i-0shared", region: "eu-central-1", unit: "Hours", daily: 10 * 24_000, price: 201_600, vary: 15, growth: 2, account: "100000000001", accountName: "production", team: "platform"},
		{vendor: aws, serviceCategory: "Compute", service: "Amazon EC2", sku: "g6.xlarge", id: "i-0eval", region: "us-east-1", unit: "Hours", daily: 2 * 24_000, price: 804_800, vary: 60, account: "100000000002", accountName: "research", team: "research"},
		{vendor: aws, serviceCategory: "Compute", service: "Amazon EC2", sku: "m7i.large", id: "i-0hooli", region: "us-west-2", unit: "Hours", daily: 3 * 24_000, price: 100_800, account: "100000000001", accountName: "production", team: "platform", org: "hooli"},
		{vendor: aws, serviceCategory: "Databases", service: "Amazon RDS", sku: "db.r7g.2xlarge", id: "arn:aws:rds:eu-central-1:100000000001:db:debates", region: "eu-central-1", unit: "Hours", daily: 2 * 24_000, price: 1_061_000, account: "100000000001", accountName: "production", team: "platform"},
		{vendor: aws, serviceCategory: "Storage", service: "Amazon S3", sku: "TimedStorage-ByteHrs", id: "transcripts", region: "eu-central-1", unit: "GB-Days", daily: 41_250_000, price: 790, vary: 4, growth: 8, account: "100000000001", accountName: "production", team: "platform"},
		{vendor: aws, serviceCategory: "Networking", service: "AWS Data Transfer", sku: "DataTransfer-Out-Bytes", id: "", region: "eu-central-1", unit: "GB", daily: 410_000, price: 90_000, vary: 30, growth: 2, account: "100000000001", accountName: "production"},
		{vendor: googleCloud, serviceCategory: "Analytics", service: "BigQuery", sku: "Analysis", id: "projects/debate-insights", region: "europe-west3", unit: "TiB", daily: 3_400, price: 6_250_000, vary: 70, growth: 2, account: "debate-insights", accountName: "Debate insights", team: "research"},
		{vendor: googleCloud, serviceCategory: "Storage", service: "Cloud Storage", sku: "Standard Storage", id: "insights-export", region: "europe-west3", unit: "GiB-Days", daily: 9_100_000, price: 770, vary: 2, account: "debate-insights", accountName: "Debate insights", team: "research"},
	}

	// columns are those of FOCUS 1.0 that the bills have.
	columns = [...]string{"BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
		"ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountId",
		"CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
		"ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "ResourceId",
		"ServiceCategory", "ServiceName", "SkuId", "SubAccountId", "SubAccountName", "Tags"}
)
