"""Invoices and credit notes of suppliers: one for each shipment, one for what is taken back."""
