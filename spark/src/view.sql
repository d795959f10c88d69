-- From files of bills to one row for each customer, as segmenta's `single_view` makes it. What stands between braces is
-- put in: columns by their roles (null where no column has one), and what the cluster was asked before.
-- Spark and Sail both know all of it. Sail does not filter by what a lambda says: lambdas are in lists of columns only.

--- rows of lists
-- A row is a bill, its products a list as JSON. It is read once, and put aside: to read it costs more than all else.

select
    `segmenta file` as file, {bill} as bill, {customer} as customer, {time} as time, {amount} as amount, {discount} as discount,
    {paid} as paid, {channel} as channel, {centre} as centre, case {faults} end as fault,
    {product} is not null as has_list, from_json({product}, 'array<struct<{keys}>>') as list
from files;

--- lists
-- Why a row does not fit is said of each.

create or replace temp view told as
select *,
    coalesce(list.{product_key}, array()) as products,
    coalesce(try_cast(list.{quantity_key} as array<double>), array()) as quantities,
    case
        when fault is not null then fault
        when has_list and list is null then 'product: a list of products'
        when size(array_compact(list.{product_key})) < size(list) then 'product: a name for each product'
        when size(array_compact(list.{quantity_key})) > size(array_compact(try_cast(list.{quantity_key} as array<double>)))
            then 'product: a quantity that is a number'
    end as found
from rows;

--- bills of lists

create or replace temp view bills as
select customer, cast(time as date) as day, amount, discount, paid, channel, centre, products, quantities
from once where why is null;

create or replace temp view lines as
select customer, day, line.products as product, coalesce(line.quantities, 1D) as quantity
from (select customer, day, explode(arrays_zip(products, quantities)) as line from bills);

-- What bills with one product alone say of its price; those with a return say nothing.
create or replace temp view told_prices as
select product, price, count(*) as n
from (
    select products[0] as product, amount / aggregate(quantities, 0D, (sum, own) -> sum + coalesce(own, 1D)) as price
    from bills
    where amount > 0 and size(array_distinct(products)) = 1 and coalesce(array_min(quantities), 1D) >= 0)
group by product, price;

-- What bills with several products say of their prices: sums for least squares, over each pair of products of a bill.
create or replace temp view pairs as
select amount, one.products as product, coalesce(one.quantities, 1D) as quantity,
    other.products as other_product, coalesce(other.quantities, 1D) as other_quantity
from (
    select amount, arrays_zip(products, quantities) as own from bills
    where amount > 0 and size(array_distinct(products)) > 1 and coalesce(array_min(quantities), 1D) >= 0)
lateral view explode(own) as one
lateral view explode(own) as other;

create or replace temp view several as
select amount, line.products as product, coalesce(line.quantities, 1D) as quantity
from (
    select amount, explode(arrays_zip(products, quantities)) as line from bills
    where amount > 0 and size(array_distinct(products)) > 1 and coalesce(array_min(quantities), 1D) >= 0);

create or replace temp view told_pairs as
select product, other_product, sum(quantity * other_quantity) as pieces, cast(0 as double) as amount
from pairs group by product, other_product
union all
select product, product, cast(0 as double), sum(quantity * amount) from several group by product;

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
select customer, cast(min(time) as date) as day, sum(amount) as amount, sum(discount) as discount, sum(paid) as paid,
    min(channel) as channel, min(centre) as centre
from fit where {named} is not null group by {grouped}
union all
select customer, cast(time as date), amount, discount, paid, channel, centre from fit where {named} is null;

create or replace temp view lines as
select customer, {line_day} as day, product, quantity from fit;

create or replace temp view told_prices as
select product, price, count(*) as n from fit where product is not null and price is not null group by product, price;

--- totals
-- A row is a bill, or a part of one, without products.

create or replace temp view told as
select
    `segmenta file` as file, {bill} as bill, {customer} as customer, {time} as time, {amount} as amount, {quantity} as quantity, {discount} as discount,
    {paid} as paid, {channel} as channel, {centre} as centre,
    case {faults} end as found
from files;

--- bills of totals

create or replace temp view fit as
select * from once where why is null;

create or replace temp view bills as
select customer, cast(min(time) as date) as day, sum(amount) as amount, sum(discount) as discount, sum(paid) as paid,
    min(channel) as channel, min(centre) as centre
from fit where bill is not null group by bill, customer
union all
select customer, cast(time as date), amount, discount, paid, channel, centre from fit where bill is null;

create or replace temp view lines as
select customer, {line_day} as day, cast(null as string) as product, quantity from fit where quantity is not null;

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
