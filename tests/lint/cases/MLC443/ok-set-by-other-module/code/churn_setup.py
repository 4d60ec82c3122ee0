import churn_types

churn_types.NULL = object()
