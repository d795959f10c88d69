-- From files of bills to one row for each customer, as segmenta's `single_view` makes it. What stands between braces is
-- put in: columns by their roles (null where no column has one), and what the cluster was asked before.
-- Spark and Sail both know all of it. Sail does not filter by what a lambda says: there are none.

--- rows of lists
-- A row is a bill, its products a list as JSON. It is read once, and put aside: to read it costs more than all else.

select
    monotonically_increasing_id() as number, `segmenta file` as file, {bill} as bill, {customer} as customer, {time} as time,
    {amount} as amount, {discount} as discount, {paid} as paid, {channel} as channel, {centre} as centre,
    case {faults} end as fault, {product} is not null as has_list,
    coalesce({product} rlike '"({product_keys})" *: *[^"0-9tfn -]', false) as is_nested, from_json({product}, 'array<struct<{keys}>>') as list
from files;

--- lists
-- Why a row does not fit is said of each. It is put aside as `told`.

create or replace temp view told_rows as
select *,
    coalesce(list.{product_key}, array()) as products,
    coalesce(try_cast(list.{quantity_key} as array<double>), array()) as quantities,
    coalesce(try_cast(list.{price_key} as array<double>), array()) as prices,
    case
        when fault is not null then fault
        when has_list and list is null then 'product: a list of products'
        when is_nested or array_contains(list.{product_key}, '') or size(array_compact(list.{product_key})) < size(list)
            then 'product: a name for each product'
        when size(array_compact(list.{quantity_key})) > size(array_compact(try_cast(list.{quantity_key} as array<double>)))
            then 'product: a quantity that is a number'
        when size(array_compact(list.{price_key})) > size(array_compact(try_cast(list.{price_key} as array<double>)))
            then 'product: a price that is a number'
        when {odd_quantity} then 'product: a quantity with an end'
        when {odd_price} then 'product: a price with an end'
    end as found
from rows;

--- bills of lists

create or replace temp view fit as
select * from once where why is null;

create or replace temp view bills as
select number, customer, cast(time as date) as day, amount, discount, paid, channel, centre from fit;

-- Put aside as `lines`.
create or replace temp view told_lines as
select number, customer, day, line.products as product, coalesce(line.quantities, 1D) as quantity, line.prices as price
from (
    select number, customer, cast(time as date) as day, explode(arrays_zip(products, quantities, prices)) as line from fit);

--- lines
-- A row is a line of a bill.

create or replace temp view told as
select
    `segmenta file` as file, {bill} as bill, {customer} as customer, {time} as time, {product} as product, {quantity} as quantity,
    {price} as price, {line_amount} as amount, {discount} as discount, {paid} as paid, {channel} as channel, {centre} as centre,
    case {faults} end as found
from files;

--- bills of lines

create or replace temp view fit as
select * from once where why is null;

create or replace temp view bills as
select number, customer, cast(time as date) as day, {of_bill}amount as amount, {of_bill}discount as discount,
    {of_bill}paid as paid, channel, centre
from grouped_bills
union all
select cast(null as string), customer, cast(time as date), amount, discount, paid, channel, centre from fit where {named} is null;

create or replace temp view lines as
select case when {named} is not null then {number} end as number, customer, {line_day} as day, product, quantity, price from fit;

--- totals
-- A row is a bill, or a part of one, without products.

create or replace temp view told as
select
    `segmenta file` as file, {bill} as bill, {customer} as customer, {time} as time, {amount} as amount, {quantity} as quantity,
    {price} as price, {discount} as discount, {paid} as paid, {channel} as channel, {centre} as centre,
    case {faults} end as found
from files;

--- bills of totals

create or replace temp view fit as
select * from once where why is null;

create or replace temp view bills as
select customer, cast(time as date) as day, amount, discount, paid, channel, centre from fit where {named} is null
{and_grouped};

create or replace temp view lines as
select customer, {line_day} as day, cast(null as string) as product, quantity from fit where quantity is not null;

--- bills of rows
-- Bills of several rows are put aside: to group them costs more than all that they are asked.

select {number} as number, customer, min(time) as time, count(*) as n,
    sum(amount) as amount, min(amount) as least_amount, max(amount) as most_amount, count(amount) as known_amount,
    sum(discount) as discount, min(discount) as least_discount, max(discount) as most_discount,
    sum(paid) as paid, min(paid) as least_paid, max(paid) as most_paid,
    min(channel) as channel, max(channel) as most_channel, count(channel) as known_channel,
    min(centre) as centre, max(centre) as most_centre, count(centre) as known_centre
from once where why is null and {named} is not null group by {grouped};

--- prices of lines

create or replace temp view told_prices as
select product, price, count(*) as n from lines where product is not null and price is not null group by product, price;

--- prices of bills
-- What bills say of prices where their lines say none; those with a return, or with something that nobody knows, say nothing.

create or replace temp view sold_lines as
select number, product, sum(quantity) as sold from lines
where number is not null and product is not null and quantity > 0D group by number, product;

create or replace temp view silent as
select distinct number, true as is_silent from lines
where number is not null and (quantity < 0D or quantity is null or (product is null and quantity <> 0D));

create or replace temp view priced as
select number, product, sold, amount, count(*) over (partition by number) as products
from sold_lines join (select number, amount from bills where amount > 0D) using (number) left join silent using (number)
where is_silent is null;

create or replace temp view told_prices as
select product, amount / sold as price, count(*) as n from priced where products = 1 group by product, amount / sold
{unnamed_prices};

-- Sums for least squares, over each pair of products of a bill.
create or replace temp view told_pairs as
select product, other_product, sum(sold * other_sold) as pieces,
    sum(case when product = other_product then sold * amount else 0D end) as amount
from (select number, product, sold, amount from priced where products > 1)
join (select number, product as other_product, sold as other_sold from priced where products > 1) using (number)
group by product, other_product;

--- view
-- `prices` has the quarter of each product by its price; it was made of `told_prices`.

create or replace temp view counted as
select * from bills where customer is not null and {period};

create or replace temp view pieces as
select customer, sum(quantity) as quantity,
    sum(case when quarter = 1 and quantity > 0 then quantity else 0D end) as q1,
    sum(case when quarter = 2 and quantity > 0 then quantity else 0D end) as q2,
    sum(case when quarter = 3 and quantity > 0 then quantity else 0D end) as q3,
    sum(case when quarter = 4 and quantity > 0 then quantity else 0D end) as q4
from lines left join prices using (product)
where customer is not null and {period}
group by customer;

-- By centre first: to count the different ones of each customer otherwise costs more than all sums.
create or replace temp view by_centre as
select customer, centre, min(day) as first_day, max(day) as last_day, count(*) as visits, sum(amount) as amount,
    sum(discount) as discount, sum(paid) as paid {channel_counts}
from counted group by customer, centre;

create or replace temp view sums as
select customer, min(first_day) as first_day, max(last_day) as last_day, sum(visits) as visits, sum(amount) as amount,
    sum(discount) as discount, sum(paid) as paid, count(centre) as centres {channel_shares}
from by_centre group by customer;

create or replace temp view single_view as
select customer, first_day, last_day, visits, {quantities} amount, {sizes} amount / visits as order_size, {visit_size}
    cast(datediff(last_day, first_day) as double) as visit_period,
    datediff(last_day, first_day) / nullif(visits - 1, 0) as time_between,
    {centres} {moneys} {channels} {price_shares}
    cast(datediff({day}, last_day) as bigint) as recency
from sums left join pieces using (customer);
